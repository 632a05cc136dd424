"""Dialog that opens a run or checkpoint by its path."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.suggester import Suggester
from textual.widgets import Input, Static

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.user_paths import pasted_path
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.session.run_session import RunSession

_HINT = "A run's folder, a checkpoint file or a report's folder; or a name in the runs directory."
_FOOT = "[@click=screen.open]enter open[/] · tab complete · [@click=screen.cancel]esc cancel[/]"
_MOST_ENTRIES = 20_000  # of a folder that are searched for a completion


class PathSuggester(Suggester):
    """Completion of a path by the entries of its folder."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first entry that continues `value`.

        A folder is followed by a slash.
        """
        head, slash, start = value.rpartition("/")
        if not start or "\0" in value:
            return None
        folder = os.path.expanduser(head + slash) if slash else "."  # noqa: PTH111 - pathlib raises for an unknown user
        try:
            with os.scandir(folder) as entries:
                found = [
                    entry.name + "/" * entry.is_dir()
                    for _, entry in zip(range(_MOST_ENTRIES), entries, strict=False)
                    if entry.name.startswith(start) and entry.name.isprintable()
                ]
        except OSError:
            return None
        return head + slash + min(found) if found else None


class OpenPathDialog(Dialog[RunSession | None]):
    """One line for a path, open until the path can be opened."""

    DEFAULT_CSS = """
    OpenPathDialog {
        Vertical {
            width: 86;
        }
        Input { margin-bottom: 1; }
        Static { color: $text-muted; min-height: 3; }
        Static.-bad { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("tab", "complete", "Complete", priority=True),
    ]

    def __init__(self, open_session: Callable[[Path], RunSession]) -> None:
        """Open paths by `open_session`, which may raise `EmnistTuiError`."""
        super().__init__()
        self._open_session = open_session

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Open"
            box.border_subtitle = _FOOT
            yield Input(placeholder="path", compact=True, suggester=PathSuggester())
            yield Static(_HINT, markup=False)

    def on_input_changed(self) -> None:
        self._say(_HINT)

    def on_input_submitted(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        text = self.query_one(Input).value
        if not text.strip():
            return
        try:
            session = self._open_session(pasted_path(text))
        except EmnistTuiError as error:
            self._say(in_the_app(str(error), keymap_of(self.app)), is_bad=True)
            return
        self.dismiss(session)

    def action_complete(self) -> None:
        """Take the suggested completion."""
        line = self.query_one(Input)
        line.action_end()
        line.action_cursor_right()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _say(self, sentence: str, *, is_bad: bool = False) -> None:
        words = self.query_one(Static)
        words.set_class(is_bad, "-bad")
        words.update(Content(printable(sentence)))
