"""List of runs to sort, filter and mark, with a preview."""

from collections.abc import Callable
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from emnist_tui.runs.listing import Entry
from emnist_tui.runs.run_list import RunList
from emnist_tui.runs.selection import KEYS, ORDERS, Order, arrange
from emnist_tui.runs.sweeps.listing import SweepEntry
from emnist_tui.text.formats import count, printable
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.session.checkpoint_details import CheckpointDetails
from emnist_tui.tui.session.run_previews import RunPreviews
from emnist_tui.tui.session.sweep_rows import SweepRows
from emnist_tui.tui.targets import Target
from emnist_tui.tui.widgets.border import write_on_border
from emnist_tui.tui.widgets.runs.columns import arrow
from emnist_tui.tui.widgets.runs.preview_facts import Preview
from emnist_tui.tui.widgets.runs.run_preview import RunPreview
from emnist_tui.tui.widgets.runs.run_table import RunTable

_REST = 0.1  # seconds that the cursor rests on a row before its preview is shown


class RunBrowser(Vertical):
    """Filter line, table and preview of all runs and checkpoints."""

    class Changed(Message):
        """The rows, the marks or the cursor changed."""

    class Read(Message):
        """A thread has read what takes long."""

        def __init__(self, group: str) -> None:
            super().__init__()
            self.group = group

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.entries: list[Entry] = []
        """All entries, whatever the filter."""
        self.marked: list[Path] = []
        """Marked rows in the order of marking."""
        self.opened: Path | None = None
        """Run or checkpoint on the other screens."""
        self._runs, self._checkpoints = RunList(root), CheckpointDetails(root)
        self._sweeps = SweepRows(root)
        self._previews = RunPreviews()
        self._order = ORDERS[0]
        self._words = ""
        self._resting: Timer | None = None
        self._is_listed = self._has_sweeps = False
        self._is_closed = False

    def compose(self) -> ComposeResult:
        yield Input(id="filter", compact=True, placeholder="words in name, tags, note, data, state or model")
        with Container(id="runs-body"):
            yield RunTable()
            yield RunPreview()
        yield Static("", id="empty", markup=False)

    def on_mount(self) -> None:
        self._filter.display = False
        self._table.focus()

    def on_unmount(self) -> None:
        self._is_closed = True
        self._checkpoints.close()

    @property
    def selected(self) -> Entry | None:
        """Entry under the cursor."""
        return self._table.selected if self.is_mounted else None

    @property
    def target(self) -> Target | None:
        """Run or checkpoint under the cursor, as far as it was read."""
        selected = self.selected
        if selected and selected.kind == "sweep":
            return Target(selected.path, is_sweep=True)
        return Target.listed(selected.path, self._runs.record(selected.path)) if selected else None

    @property
    def marked_runs(self) -> list[Path]:
        """Marked rows that are runs or sweeps, in the order of marking."""
        kinds = {entry.path: entry.kind for entry in self.entries}
        return [path for path in self.marked if kinds.get(path) in ("run", "sweep")]

    @property
    def compared(self) -> list[Path]:
        """Marked rows to compare, in the order of marking.

        A search stands for its best trial, if it has one.
        """
        entries = {entry.path: entry for entry in self.entries}
        return [_compared_as(entries[path]) for path in self.marked if path in entries]

    @property
    def has_curves(self) -> bool:
        """Whether two runs, or a group of seeds, are marked."""
        kinds = [entry.kind for entry in self.entries if entry.path in self.marked]
        return kinds.count("run") >= 2 or "sweep" in kinds

    @property
    def is_narrowed(self) -> bool:
        """Whether there is a filter, or one is being typed."""
        return self.is_mounted and (bool(self._words) or self._filter.has_focus)

    def refresh_list(self) -> None:
        """Read what changed in the runs directory."""
        entries = [*self._runs.refresh(), *self._sweeps.entries, *self._checkpoints.entries()]
        if self._sweeps.is_due:
            self._in_thread("sweeps", self._sweeps.read)
        if not self._runs.is_complete:
            self._in_thread("list", lambda: self._runs.complete(lambda: self._is_closed))
        if entries != self.entries or not self._is_listed:
            self.entries, self._is_listed = entries, True
            there = {entry.path for entry in entries}
            self.marked = [path for path in self.marked if path in there]
            self.show_rows()
        self._read_preview()

    def show_opened(self, opened: Path | None) -> None:
        """Tell which run or checkpoint is open."""
        if opened != self.opened:
            self.opened = opened
            self.show_rows()

    def mark(self) -> None:
        """Mark or unmark the row under the cursor."""
        if self.selected:
            path = self.selected.path
            if path in self.marked:
                self.marked.remove(path)
            else:
                self.marked.append(path)
            self.show_rows()

    def clear(self) -> None:
        """Clear the filter, or else the marks."""
        if self.is_narrowed:
            self._filter.value = self._words = ""
            self._close_filter()
        else:
            self.marked.clear()
        self.show_rows()

    def open_filter(self) -> None:
        """Let the user type the filter."""
        self._filter.display = True
        self._filter.focus()

    def sort_next(self) -> None:
        """Sort by the next of the usual orders."""
        place = ORDERS.index(self._order) + 1 if self._order in ORDERS else 0
        self._order = ORDERS[place % len(ORDERS)]
        self.show_rows()

    def follow(self, old: Path, new: Path | None) -> None:
        """Let mark and cursor follow a run to its new path."""
        self.marked = [new if path == old and new else path for path in self.marked if path != old or new]
        self.refresh_list()
        if new:
            self._table.move_to(new)

    def on_run_browser_read(self, event: Read) -> None:
        if event.group in ("list", "sweeps"):
            is_untouched = not self._has_sweeps and self._table.cursor_row == 0
            self.refresh_list()
            self._has_sweeps = self._has_sweeps or event.group == "sweeps"
            if is_untouched:
                self._table.move_cursor(row=0)  # of sweeps that were read after the first frame
        self._show_preview()

    def on_data_table_row_highlighted(self) -> None:
        if self._resting:
            self._resting.stop()
        self._resting = self.set_timer(_REST, self._show_rest)

    def _show_rest(self) -> None:
        """Show the row on which the cursor rests.

        Drawing its preview costs more than moving the cursor.
        """
        self._show_preview()
        self.post_message(self.Changed())
        self._read_preview()

    def on_run_table_sorted(self, event: RunTable.Sorted) -> None:
        """Sort by a column, or reverse the order."""
        if event.column in KEYS:
            is_again = event.column == self._order.by
            self._order = Order(event.column, is_again and not self._order.is_reversed)
            self.show_rows()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._words = event.value
        self.show_rows()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_filter()

    def show_rows(self) -> None:
        """Show the entries in their order, without those that the filter hides."""
        if not self.is_mounted:
            return
        shown = arrange(self.entries, self._order, self._words)
        self._table.show(shown, self._order, self.marked, self.opened)
        words, number = self._words.strip(), count(len(self.entries))
        amount = f"{count(len(shown))} of {number} match {words}" if words else number
        order = f"by {self._order.by} {arrow(self._order)}"
        title = printable(f"Runs and checkpoints · {amount} · {order}")
        marks = describe_marks([printable(path.name) for path in self.marked])
        write_on_border(self._table, title, marks or ("esc shows all" if words else ""))
        self.query_one("#runs-body").display = bool(self.entries)
        empty = self.query_one("#empty", Static)
        empty.display = not self.entries
        empty.update(Text(f"No runs in {self.root} yet. Press {keymap_of(self.app).label('new')} to train one."))
        if self.screen.focused is None:  # the table was hidden
            self._table.focus()
        self._show_preview()
        self.post_message(self.Changed())

    @property
    def _table(self) -> RunTable:
        return self.query_one(RunTable)

    @property
    def _filter(self) -> Input:
        return self.query_one("#filter", Input)

    def _close_filter(self) -> None:
        self._filter.display = False
        self._table.focus()

    def _show_preview(self) -> None:
        entry = self.selected
        if entry is None:
            self.query_one(RunPreview).show(None)
            return
        path, reading = entry.path, self._previews.reading(entry.path)
        record, start, about = self._runs.record(path), self._runs.start(path), self._runs.about(path)
        config = record.config if record and record.config else start.config
        size, curve = (reading.size, reading.curve) if reading else (None, ())
        self.query_one(RunPreview).show(Preview(entry, record, config, about.problem, size, curve))

    def _read_preview(self) -> None:
        """Read what has changed of the row under the cursor."""
        path = self.selected.path if self.selected and self.selected.kind != "sweep" else None
        if path and self.query_one(RunPreview).display and not self._previews.is_current(path):
            self._in_thread("preview", lambda: self._previews.read(path))

    def _in_thread(self, group: str, read: Callable[[], None]) -> None:
        """Read in a thread, one of each group, then show it."""
        if any(worker.group == group and not worker.is_finished for worker in self.workers):
            return

        def read_and_tell() -> None:
            read()
            self.post_message(self.Read(group))

        self.run_worker(read_and_tell, group=group, thread=True, exit_on_error=False)


def _compared_as(entry: Entry) -> Path:
    board = entry.board if isinstance(entry, SweepEntry) else None
    if board is None or board.spec.is_seeds or board.best is None:
        return entry.path
    return board.folder.trial(board.best.number).path


def describe_marks(names: list[str]) -> str:
    """Describe the marked rows for the border."""
    if not names:
        return ""
    if len(names) == 2:
        return f"A {names[0]} · B {names[1]}"
    return f"{len(names)} marked"
