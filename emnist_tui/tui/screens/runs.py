"""Screen 4: every run and checkpoint, to be opened."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.message import Message
from textual.widgets import DataTable, Static

from emnist_tui.runs import listing
from emnist_tui.runs.folder import bare_checkpoints, run_folders
from emnist_tui.runs.listing import Entry
from emnist_tui.tui import formats
from emnist_tui.tui.opened import Opened
from emnist_tui.tui.screens.base import RunScreen

_LIST_EVERY = 2.0  # seconds
_FRAME = 4  # cells beside the table
_CELL_PADDING = 2
_COLUMNS = ("name", "state", "test", "epoch", "step", "seed", "model", "data", "last change")
_MOST_NEEDED_FIRST = ("name", "state", "test", "epoch", "data", "last change", "model", "step", "seed")
_STATE_STYLES = {
    "training": "green",
    "evaluating": "green",
    "starting": "yellow",
    "paused": "yellow",
    "failed": "red",
    "interrupted": "red",
}


class RunTable(DataTable[Text]):
    """One row a run or checkpoint."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", tooltip="Open the run or checkpoint under the cursor"),
    ]


class RunsScreen(RunScreen):
    """Reads the folders itself; what a bare checkpoint holds is asked of `emnist-tui runs`, which has torch."""

    MODE: ClassVar[str] = "runs"

    class Chosen(Message):
        """The user wants to look at this run or checkpoint."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        self._checkpoint_details: dict[tuple[Path, float], Entry] = {}
        self._asked: set[tuple[Path, float]] = set()
        """The checkpoints whose details were asked for, whether they came or not."""

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

    def show_body(self, opened: Opened | None) -> None:
        """The list is of all runs; it does not depend on the opened one."""

    def list_entries(self) -> None:
        """Reads the folders again, if this screen is the one in view."""
        if not self.is_current:
            return
        root = self.app_root
        entries = [listing.describe_run(folder) for folder in run_folders(root)]
        bare = [listing.bare_checkpoint(path) for path in bare_checkpoints(root)]
        entries += [self._checkpoint_details.get((entry.path, entry.time), entry) for entry in bare]
        if new := {(entry.path, entry.time) for entry in bare} - self._asked:
            self._asked |= new
            self._read_checkpoints()
        if entries != self._entries:
            self._fill(entries)

    @property
    def app_root(self) -> Path:
        root = getattr(self.app, "root", None)
        return root if isinstance(root, Path) else Path("checkpoints")

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        if event.cursor_row < len(self._entries):
            self.post_message(self.Chosen(self._entries[event.cursor_row].path))

    def _fill(self, entries: list[Entry]) -> None:
        table = self.query_one(RunTable)
        row = table.cursor_row
        at_cursor = self._entries[row].path if row < len(self._entries) else None
        # The cursor stays with its run, whatever came before it.
        row = next((new for new, entry in enumerate(entries) if entry.path == at_cursor), row)
        self._entries = entries
        table.clear(columns=True)
        columns = fitting_columns(self._entries, self.size.width - _FRAME)
        for column in columns:
            table.add_column(column)
        for entry in self._entries:
            cells = describe_entry(entry)
            table.add_row(*(cells[column] for column in columns))
        table.move_cursor(row=min(row, len(self._entries) - 1))
        table.display = bool(self._entries)
        empty = self.query_one("#empty", Static)
        empty.display = not self._entries
        empty.update(Text(f"No runs in {self.app_root} yet. n trains the first one."))

    @work(exclusive=True, exit_on_error=False)
    async def _read_checkpoints(self) -> None:
        command = [sys.executable, "-m", "emnist_tui", "runs", "--json", "--checkpoints", str(self.app_root)]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            entries = [Entry(**{**record, "path": Path(record["path"])}) for record in json.loads(output)]
        except (ValueError, TypeError, KeyError):
            return
        found = [entry for entry in entries if entry.kind == "checkpoint"]
        self._checkpoint_details.update({(entry.path, entry.time): entry for entry in found})
        self.list_entries()


def fitting_columns(entries: Sequence[Entry], width: int) -> list[str]:
    """As many columns as fit, the least needed left out first; in the order in which they are shown."""
    rows = [describe_entry(entry) for entry in entries]
    widths = {
        column: max([len(column), *(row[column].cell_len for row in rows)]) + _CELL_PADDING for column in _COLUMNS
    }
    shown: list[str] = []
    for column in _MOST_NEEDED_FIRST:
        if sum(widths[name] for name in [*shown, column]) <= width or not shown:
            shown.append(column)
    return [column for column in _COLUMNS if column in shown]


def describe_entry(entry: Entry) -> dict[str, Text]:
    """The cells of a row by the names of their columns."""
    return {
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
