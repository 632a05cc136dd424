"""Quitting while a run trains: leave it running, or stop it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

from emnist_tui.tui.notifications import Notifications
from emnist_tui.tui.session.open import find_training

if TYPE_CHECKING:
    from emnist_tui.tui.screens.quit import QuitAnswer
    from emnist_tui.tui.session.run_session import RunSession


class Quitting:
    """Exit of the app, after a question if a run is training."""

    def __init__(self, app: App[None], root: Path, notifications: Notifications, poll_every: float) -> None:
        """Watch the runs directory `root`; poll a stopping run every `poll_every` seconds."""
        self._app = app
        self._root = root
        self._notifications = notifications
        self._poll_every = poll_every

    def request(self, session: RunSession | None) -> None:
        """Exit, or ask first if a run is training.

        It is the run of `session`, else another one in the runs directory.
        """
        from emnist_tui.tui.screens.quit import QuitDialog

        live = self._live_run(session)
        if live is None:
            self._app.exit()
        elif not isinstance(self._app.screen, QuitDialog):
            self._app.push_screen(QuitDialog(live.name), partial(self._quit, live))

    def _live_run(self, session: RunSession | None) -> RunSession | None:
        if session and not session.checkpoint and session.state.is_live:
            return session
        return find_training(self._root)

    def _quit(self, live: RunSession, answer: QuitAnswer | None) -> None:
        from emnist_tui.tui.screens.quit import QuitAnswer

        if answer is QuitAnswer.KEEP_RUNNING:
            self._app.exit()
        elif answer is QuitAnswer.STOP and self._notifications.attempt(live.stop):
            self._app.notify("Saving a checkpoint …")
            self._app.set_interval(self._poll_every, partial(self._exit_once_saved, live))

    def _exit_once_saved(self, live: RunSession) -> None:
        live.poll()
        if not live.state.is_live:
            self._app.exit()
