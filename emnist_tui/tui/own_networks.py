"""Network files that the user has agreed to run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.tui.messaging_app import MessagingApp

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession


def networks_of(app: object) -> OwnNetworks:
    """Return the agreements of the app."""
    networks: OwnNetworks = app.networks  # type: ignore[attr-defined]
    return networks


class OwnNetworks:
    """Agreements by the recorded file, until the app is quit.

    A run or checkpoint may come from anywhere, so the file that it names is run only after a question.
    """

    def __init__(self, app: MessagingApp[None]) -> None:
        self._app = app
        self._agreed: dict[str, str] = {}

    def agree(self, model: str, file: str | None = None) -> None:
        """Run `file`, by default `model` itself, where `model` is recorded."""
        self._agreed |= {model: file or model, file or model: file or model}

    def agreed(self, model: str | None) -> str | None:
        """Return the agreed file to run where `model` is recorded, if any."""
        return self._agreed.get(model) if model else None

    def ask(self, model: str, act: Callable[[str], object]) -> None:
        """Act with the file to run, once the user has agreed.

        A model of the program's own needs no question.
        """
        if NetworkFile.parse(model) is None:
            act(model)
        elif file := self.agreed(model):
            act(file)
        else:
            from emnist_tui.tui.screens.run_file import RunFileDialog

            def answer(file: str | None) -> None:
                if file is not None:
                    self.agree(model, file)
                    act(file)

            self._app.push_screen(RunFileDialog(model), answer)

    def ask_for(self, session: RunSession, act: Callable[[], object]) -> None:
        """Act on a run once its network may be run."""

        def act_with(file: str) -> None:
            session.use_network(file)
            act()

        if needed := session.network_to_ask_for:
            self.ask(needed, act_with)
        else:
            act()
