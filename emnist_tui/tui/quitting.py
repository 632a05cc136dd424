"""Quitting while a run trains: leave it running, or stop it."""

from functools import partial
from typing import TYPE_CHECKING

from emnist_tui.tui.screens.quit import QuitAnswer, QuitDialog
from emnist_tui.tui.session.open import find_training
from emnist_tui.tui.session.run_session import RunSession

if TYPE_CHECKING:
    from emnist_tui.tui.app import EmnistApp


class Quitting:
    """Exit of the app, after a question if a run is training."""

    def __init__(self, app: "EmnistApp") -> None:
        self._app = app

    def request(self) -> None:
        """Exit, or ask first if a run is training."""
        live = self._live_run()
        if live is None:
            self._app.exit()
        elif not isinstance(self._app.screen, QuitDialog):
            self._app.push_screen(QuitDialog(live.name), partial(self._quit, live))

    def _live_run(self) -> RunSession | None:
        """Return the run that trains, preferably the one on the screen.

        Else it is another one in the runs directory; None if none trains.
        """
        session = self._app.session
        if session and not session.checkpoint and session.state.is_live:
            return session
        return find_training(self._app.root)

    def _quit(self, live: RunSession, answer: QuitAnswer | None) -> None:
        if answer is QuitAnswer.KEEP_RUNNING:
            self._app.exit()
        elif answer is QuitAnswer.STOP and self._app.notifications.attempt(live.stop):
            self._app.notify("Saving a checkpoint …")
            self._app.set_interval(1 / self._app.settings.refresh, partial(self._exit_once_saved, live))

    def _exit_once_saved(self, live: RunSession) -> None:
        live.poll()
        if not live.state.is_live:
            self._app.exit()
