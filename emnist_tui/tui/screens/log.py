"""Dialog with a run's log: its events, and its trainer's messages."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from emnist_tui.runs.folder import RunFolder, is_file
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.session.run_log import EventsLog, RunLog, TextLog
from emnist_tui.tui.widgets.log_view import LogView

_POLL_EVERY = 0.5  # seconds
_TITLES = ("Events", "trainer.log")


class LogDialog(Dialog[None]):
    """Events and trainer.log of a run or evaluation, followed while they grow."""

    DEFAULT_CSS = """
    LogDialog {
        Vertical {
            width: 112;
            height: 90%;
            padding: 0 1;
        }
        #parts { height: 1; margin-bottom: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,shift+tab,left,right", "switch", "Other part", tooltip="Show the events or trainer.log"),
        Binding("escape", "dismiss", "Close"),
        bind("log", "dismiss", "Close"),
        bind("quit", "dismiss", "Close"),
    ]

    def __init__(self, name: str, folder: RunFolder) -> None:
        """Show the log in `folder` of the run or checkpoint `name`."""
        super().__init__()
        self._run = name
        self._folder = folder
        self._logs: tuple[RunLog, RunLog] = (EventsLog(folder.events), TextLog(folder.log))
        self._part = 0

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(f"Log of {printable(self._run)}")
            yield Static(id="parts")
            yield LogView()

    def on_mount(self) -> None:
        self.set_interval(_POLL_EVERY, self._follow)
        self._follow()
        self._show_part()

    def action_switch(self) -> None:
        self._part = 1 - self._part
        self._show_part()

    def _follow(self) -> None:
        changed = [log.poll() for log in self._logs]
        if changed[self._part]:
            self._show_lines()

    def _show_part(self) -> None:
        tabs = (
            Content.styled(f" {title} ", "bold reverse $accent" if part == self._part else "")
            for part, title in enumerate(_TITLES)
        )
        self.query_one("#parts", Static).update(Content("  ").join(tabs))
        other = _TITLES[1 - self._part]
        self.query_one(
            Vertical
        ).border_subtitle = f"[@click=screen.switch]tab {other}[/] · [@click=screen.dismiss]esc close[/]"
        self._show_lines(from_end=True)

    def _show_lines(self, *, from_end: bool = False) -> None:
        log = self._logs[self._part]
        note = log.omission if log.lines else self._explain_empty()
        self.query_one(LogView).show(log.lines, note, from_end=from_end)

    def _explain_empty(self) -> str:
        if self._part == 0:
            return "No events yet."
        if is_file(self._folder.log):
            return "trainer.log is empty: the trainer has written no messages."
        return "There is no trainer.log: only a trainer that the app started writes one."
