"""Notifications about settings, downloads and the run, over any screen."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.messaging_app import MessagingApp
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.session.download_session import DownloadEnd, Outcome
from emnist_tui.tui.session.requests import Request
from emnist_tui.tui.settings import Settings
from emnist_tui.tui.terminal.textual_private import write_to_terminal

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession

_EXPLAINED_FOR = 4.0  # seconds
_MOST_PROBLEMS = 2  # invalid settings with a notification each


class Notifications:
    """Reports of the app, each made once."""

    def __init__(self, app: MessagingApp[None], keys: Keymap, settings: Settings) -> None:
        self._app = app
        self._keys = keys
        self._settings = settings
        self._on_synthetic: RunSession | None = None
        self._explained = ("", 0.0)

    def inform(self, sentence: str, is_true: Callable[[], bool] = lambda: True) -> None:
        """Show a sentence, which may contain foreign text, while it is true."""
        self._app.notify(self._words(sentence), markup=False, is_true=is_true)

    def explain(self, sentence: str) -> None:
        """Show why a key does nothing, once while it is held down."""
        last, at = self._explained
        if sentence and (sentence != last or time.monotonic() - at > _EXPLAINED_FOR):
            self._explained = (sentence, time.monotonic())
            self._app.notify(printable(sentence), timeout=_EXPLAINED_FOR, markup=False)

    def warn(self, sentence: str) -> None:
        """Show a warning for ten seconds."""
        self._app.notify(self._words(sentence), severity="warning", timeout=10, markup=False)

    def complain(self, sentence: str) -> None:
        """Show an error for ten seconds."""
        self._app.notify(self._words(sentence), severity="error", timeout=10, markup=False)

    def _words(self, sentence: str) -> str:
        return printable(in_the_app(sentence, self._keys))

    def request(self, session: RunSession, request: Request) -> None:
        """Make a request to the trainer.

        Says so if it has not yet obeyed the same one, or a stop, which no other request replaces.
        """
        pending = session.pending
        if pending in (request, Request.STOP):
            self.explain(f"{str(pending).capitalize()}: waiting for the trainer.")
        if pending is not Request.STOP:
            self.attempt(partial(session.requests.make, request))

    def attempt(self, request: Callable[[], None]) -> bool:
        """Make a request and return whether it succeeded, after reporting a failure."""
        try:
            request()
            return True
        except EmnistTuiError as error:
            self.complain(str(error))
        except OSError as error:
            self.complain(f"The run's folder cannot be written ({error.strerror}).")
        return False

    def report_settings(self, problems: list[str]) -> None:
        """Report invalid settings, many of them in one notification."""
        if len(problems) > _MOST_PROBLEMS:
            problems = [f"{len(problems)} settings are invalid and ignored; `emnist-tui settings` lists them."]
        for problem in problems:
            self.warn(problem)

    def report_synthetic_data(self, session: RunSession, *, is_installed: bool) -> None:
        """Report once that `auto` chose synthetic digits for a run started here."""
        if is_installed or self._on_synthetic is session:
            return  # a run that began before the digits were installed needs no report
        record = session.record
        is_substitute = record.started and record.config and record.config.data == "auto"
        if is_substitute and session.process and session.data == "synthetic digits":
            self._on_synthetic = session
            self._app.notify(
                f"Training on synthetic digits; {self._keys.label('data')} downloads EMNIST (70 MB).",
                timeout=8,
                markup=False,
            )

    def report_end(self, session: RunSession) -> None:
        """Report a run's end by bell and title, as the settings say."""
        if self._settings.bell:
            self._app.bell()
        if self._settings.title:
            write_to_terminal(self._app, f"\x1b]2;{printable(session.name)} {session.state}\x07")

    def report_download(self, ended: DownloadEnd) -> None:
        """Report a download's end, unless its dialog shows it."""
        from emnist_tui.tui.screens.download import DownloadDialog

        screen = self._app.screen
        dialog = screen if isinstance(screen, DownloadDialog) else None
        if ended.outcome is Outcome.INSTALLED:
            if dialog:
                dialog.dismiss()
            self.inform(f"{ended.sentence} Press {self._keys.label('new')} to train on them.")
        elif dialog:
            dialog.show_download()
        elif ended.outcome is Outcome.FAILED:
            self.complain(f"{ended.sentence} Press {self._keys.label('data')} to try again.")
        else:
            self.inform(ended.sentence)
