"""Screen 4, Runs: all runs and checkpoints, to open, compare or overlay."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.coordinate import Coordinate
from textual.events import Resize
from textual.message import Message
from textual.widgets import DataTable, Static

from emnist_tui.runs import listing
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder, bare_checkpoints, run_folders
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.launch import own_command
from emnist_tui.runs.listing import Entry
from emnist_tui.text import formats
from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.overlay import OverlayScreen
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession

_LIST_EVERY = 2.0  # seconds
_FRAME = 4  # cells beside the table
_CELL_PADDING = 2
_MARK = "●"
_COLUMNS = ("", "name", "state", "test", "epoch", "step", "seed", "model", "data", "last change")
_MOST_NEEDED_FIRST = ("name", "", "state", "test", "epoch", "data", "last change", "model", "step", "seed")
_STATE_STYLES = {
    "training": "green",
    "evaluating": "green",
    "starting": "yellow",
    "paused": "yellow",
    "failed": "red",
    "interrupted": "red",
}


class RunTable(DataTable[Text]):
    """Table with one row per run or checkpoint."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", tooltip="Open the run or checkpoint under the cursor"),
    ]


class RunsScreen(RunScreen):
    """List of the runs directory, read again every two seconds.

    Details of bare checkpoints come from a subprocess, `emnist-tui runs --json`, because reading them needs torch.
    """

    MODE: ClassVar[str] = "runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("mark", "mark", "Mark", tooltip="Mark or unmark the row to compare or overlay it"),
        bind("compare-marked", "compare", "Compare", tooltip="Compare the two marked rows; A is marked first"),
        bind("overlay", "overlay", "Overlay", tooltip="Overlay the curves of the marked runs"),
        Binding("escape", "unmark", "Unmark all", show=False, tooltip="Unmark all rows"),
    ]

    class Chosen(Message):
        """The user opened a run or checkpoint."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        self._checkpoint_details: dict[tuple[Path, float], Entry] = {}
        self._requested: set[tuple[Path, float]] = set()
        """Checkpoints whose details have been requested, by path and modification time."""
        self._reading: subprocess.Popen[bytes] | None = None
        self._read: IO[bytes]
        self._marked: list[Path] = []
        """Marked rows in the order of marking."""

    def compose_body(self) -> ComposeResult:
        yield RunTable(cursor_type="row")
        yield Static("", id="empty")

    def on_mount(self) -> None:
        super().on_mount()
        table = self.query_one(RunTable)
        table.border_title = "Runs and checkpoints"
        self.set_interval(_LIST_EVERY, self.list_entries)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.list_entries()

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(lambda: self._fill(self._entries))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "mark":
                return True if self._entries else None
            case "compare":
                return True if len(self._marked) == 2 else None
            case "overlay":
                return True if len(self._marked_runs) >= 2 else None
            case "unmark":
                return bool(self._marked)
        return super().check_action(action, parameters)

    def show_body(self, opened: RunSession | None) -> None:
        """Do nothing: the list does not depend on the open run."""

    def list_entries(self) -> None:
        """Read the runs directory again if this screen is current."""
        if not self.is_current:
            return
        root = self.app_root
        self._take_details()
        entries = [listing.describe_run(folder) for folder in run_folders(root)]
        bare = [listing.bare_checkpoint(path) for path in bare_checkpoints(root)]
        entries += [self._checkpoint_details.get((entry.path, entry.time), entry) for entry in bare]
        new = {(entry.path, entry.time) for entry in bare} - self._requested
        if new and self._reading is None:
            self._requested |= new
            self._read_checkpoints()
        if entries != self._entries:
            self._fill(entries)

    def _choices(self, path: Path) -> ForeignWeights:
        """Return the user's choices about the weights in a file."""
        choices: dict[Path, ForeignWeights] = getattr(self.app, "choices", {})
        return choices.get(path.absolute(), RECOGNIZED)

    @property
    def app_root(self) -> Path:
        root = getattr(self.app, "root", None)
        return root if isinstance(root, Path) else Path("checkpoints")

    @property
    def selected_path(self) -> Path | None:
        """Run or checkpoint under the cursor."""
        row = self.query_one(RunTable).cursor_row if self._entries else 0
        return self._entries[row].path if row < len(self._entries) else None

    def on_data_table_row_highlighted(self) -> None:
        self.refresh_bindings()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        if event.cursor_row < len(self._entries):
            self.post_message(self.Chosen(self._entries[event.cursor_row].path))

    def action_mark(self) -> None:
        path = self._entries[self.query_one(RunTable).cursor_row].path
        if path in self._marked:
            self._marked.remove(path)
        else:
            self._marked.append(path)
        self._show_marks()

    def action_unmark(self) -> None:
        self._marked.clear()
        self._show_marks()

    def action_compare(self) -> None:
        sides: list[ComparisonSide] = []
        try:
            sides += [ComparisonSide(path, foreign=self._choices(path)) for path in self._marked]
            refuse_incomparable(*sides)
        except EmnistTuiError as error:
            for side in sides:
                side.close()
            self.notify(formats.printable(str(error)), severity="error", timeout=10, markup=False)
            return
        self.app.push_screen(CompareScreen(*sides))

    def action_overlay(self) -> None:
        self.app.push_screen(OverlayScreen([RunFolder(path) for path in self._marked_runs]))

    @property
    def _marked_runs(self) -> list[Path]:
        runs = {entry.path for entry in self._entries if entry.kind == "run"}
        return [path for path in self._marked if path in runs]

    def _show_marks(self) -> None:
        table = self.query_one(RunTable)
        for row, entry in enumerate(self._entries):
            table.update_cell_at(Coordinate(row, 0), _mark(entry.path in self._marked))
        table.border_subtitle = Content(_describe_marks([formats.printable(path.name) for path in self._marked]))
        self.refresh_bindings()

    def _fill(self, entries: list[Entry]) -> None:
        table = self.query_one(RunTable)
        row = table.cursor_row
        at_cursor = self._entries[row].path if row < len(self._entries) else None
        # The cursor stays on its run when rows are inserted above it.
        row = next((new for new, entry in enumerate(entries) if entry.path == at_cursor), row)
        self._entries = entries
        table.clear(columns=True)
        columns = fitting_columns(self._entries, self.size.width - _FRAME)
        for column, width in columns.items():
            table.add_column(column, width=width)
        for entry in self._entries:
            cells = describe_entry(entry)
            table.add_row(*(cells[column] for column in columns))
        self._marked = [path for path in self._marked if any(entry.path == path for entry in entries)]
        self._show_marks()
        table.move_cursor(row=row)
        table.display = bool(self._entries)
        if self.focused is None:  # the table was hidden
            table.focus()
        empty = self.query_one("#empty", Static)
        empty.display = not self._entries
        empty.update(Text(f"No runs in {self.app_root} yet. Press {keymap_of(self.app).label('new')} to train one."))

    def _read_checkpoints(self) -> None:
        """Start a subprocess that reads the checkpoints, because that needs torch."""
        command = [*own_command(), "runs", "--json", "--checkpoints", str(self.app_root)]
        with suppress(OSError):  # without the subprocess they are listed without details
            self._read = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process has ended
            self._reading = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=self._read, stderr=subprocess.DEVNULL
            )

    def _take_details(self) -> None:
        """Take the details of the checkpoints once the subprocess has ended."""
        if self._reading is None or self._reading.poll() is None:
            return
        self._reading = None
        with self._read as file:
            file.seek(0)
            output = file.read()
        try:
            entries = [Entry(**{**record, "path": Path(record["path"])}) for record in json.loads(output)]
        except (ValueError, TypeError, KeyError):
            return
        found = [entry for entry in entries if entry.kind == "checkpoint"]
        self._checkpoint_details.update({(entry.path, entry.time): entry for entry in found})

    def on_unmount(self) -> None:
        if self._reading:
            self._reading.kill()
            self._reading.wait()
            self._read.close()


def fitting_columns(entries: Sequence[Entry], width: int) -> dict[str, int]:
    """Choose the columns that fit, dropping the least needed first.

    Returns the width of each column, without padding, in display order. All widths are in cells.
    """
    rows = [describe_entry(entry) for entry in entries]
    widths = {
        column: max([len(column), *(row[column].cell_len for row in rows)]) + _CELL_PADDING for column in _COLUMNS
    }
    shown: list[str] = []
    for column in _MOST_NEEDED_FIRST:
        if sum(widths[name] for name in [*shown, column]) <= width or not shown:
            shown.append(column)
    return {column: widths[column] - _CELL_PADDING for column in _COLUMNS if column in shown}


def describe_entry(entry: Entry) -> dict[str, Text]:
    """Return the cells of a row by column name."""
    return {
        "": _mark(False),
        "name": Text(formats.printable(entry.name)),
        "state": Text(entry.state, style=_STATE_STYLES.get(entry.state, "")),
        "test": Text(formats.percent(entry.test_accuracy), justify="right"),
        "epoch": Text(formats.epochs(entry.epoch, entry.epochs), justify="right"),
        "step": Text(formats.count(entry.step), justify="right"),
        "seed": Text(formats.count(entry.seed), justify="right"),
        "model": Text(formats.printable(entry.model or formats.UNKNOWN)),
        "data": Text(formats.printable(entry.data or entry.problem or formats.UNKNOWN)),
        "last change": Text(formats.date(entry.time)),
    }


def refuse_incomparable(a: ComparisonSide, b: ComparisonSide) -> None:
    """Raise `EmnistTuiError` if a side is already known to be unusable."""
    for problem in (a.problem, b.problem):
        if problem:
            raise EmnistTuiError(problem)


def _mark(is_marked: bool) -> Text:
    return Text(_MARK if is_marked else " ")


def _describe_marks(names: list[str]) -> str:
    if not names:
        return ""
    if len(names) == 2:
        return f"A {names[0]} · B {names[1]}"
    return f"{len(names)} marked"
