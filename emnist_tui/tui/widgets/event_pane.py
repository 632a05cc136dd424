"""Newest events of the open run, beside its charts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual.events import Resize

from emnist_tui.tui.widgets.log_view import LogView

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_log import EventsLog
    from emnist_tui.tui.session.run_session import RunSession

_MOST_LINES = 100  # more than a window shows
_FOLLOW_EVERY = 1.0  # seconds; the charts show what happens in between


class EventPane(LogView):
    """Last events of a run, shown in large windows only."""

    DEFAULT_CSS = """
    EventPane {
        display: none;
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        scrollbar-size: 0 0;
    }
    """
    BORDER_TITLE = "Events"
    can_focus = False

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._log: EventsLog | None = None
        self._next = 0.0

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 - Textual calls the inherited one as well
        self.call_after_refresh(self.scroll_end, animate=False)

    def follow(self, opened: RunSession | None) -> None:
        """Show the last events of a run.

        They are read at most once a second, and not while hidden.
        """
        path = opened.follower.folder.events if opened else None
        is_other = path != self._path
        if not self.display or (not is_other and time.monotonic() < self._next):
            return
        self._next = time.monotonic() + _FOLLOW_EVERY
        if is_other:
            from emnist_tui.tui.session.run_log import EventsLog

            self._path, self._log = path, EventsLog(path) if path else None
        if (self._log and self._log.poll()) or is_other:
            lines = self._log.lines if self._log else ()
            self.show(lines[-_MOST_LINES:], from_end=True)
