"""Table of runs and checkpoints."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.events import Click
from textual.message import Message
from textual.widgets import DataTable

from emnist_tui.runs.listing import Entry
from emnist_tui.runs.selection import Order
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.theme import colored
from emnist_tui.tui.widgets.runs.columns import MARK, OPENED, Shown, fitting_columns

_FRAME = 4  # cells beside the columns: the border and a scroll bar

STATE_COLORS = {
    "training": "success",
    "evaluating": "success",
    "starting": "warning",
    "paused": "warning",
    "unknown": "warning",
    "waiting": "warning",
    "failed": "error",
    "interrupted": "error",
    "damaged": "error",
    "unreadable": "error",
}
"""Colors of the theme by state; the other states need none."""


class RunTable(DataTable[Text]):
    """Table with one row per run or checkpoint."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Open", tooltip="Open the run or checkpoint under the cursor"),
        bind("next-row", "cursor_down", "Down", show=False, tooltip="Next row"),
        bind("previous-row", "cursor_up", "Up", show=False, tooltip="Previous row"),
        bind("first-row", "scroll_top", "First", show=False, tooltip="First row"),
        bind("last-row", "scroll_bottom", "Last", show=False, tooltip="Last row"),
        Binding("home", "scroll_top", "First", show=False),
        Binding("end", "scroll_bottom", "Last", show=False),
    ]

    class Sorted(Message):
        """The user clicked on the title of a column."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__(cursor_type="row")
        self.entries: list[Entry] = []
        """Entries of the rows, in their order."""
        self._marked: Collection[Path] = ()
        self._opened: Path | None = None
        self._order: Order | None = None
        self._columns: list[Shown] = []
        self._drawn: list[list[Text]] = []

    @property
    def selected(self) -> Entry | None:
        """Entry under the cursor; None in an empty table."""
        row = self.cursor_row  # -1 after a movement in an empty table
        return self.entries[row] if 0 <= row < len(self.entries) else None

    def show(self, entries: Sequence[Entry], order: Order, marked: Collection[Path], opened: Path | None) -> None:
        """Show entries; the cursor stays on its run."""
        selected, row = self.selected, self.cursor_row
        at_cursor = selected.path if selected else None
        same_rows = [entry.path for entry in entries] == [entry.path for entry in self.entries]
        self.entries, self._order, self._marked, self._opened = list(entries), order, marked, opened
        width = self.outer_size.width or self.screen.size.width  # 0 while the table is hidden
        columns = fitting_columns(self.entries, width - _FRAME, order)
        cells = [self._cells(entry, columns) for entry in self.entries]
        if same_rows and columns == self._columns:
            self._update(cells)
            return
        self._columns, self._drawn = columns, cells
        self.clear(columns=True)
        for shown in columns:
            self.add_column(Text(shown.label), width=shown.width, key=shown.column.name)
        self.add_rows(cells)
        row = next((new for new, entry in enumerate(self.entries) if entry.path == at_cursor), row)
        self.move_cursor(row=row)

    def show_again(self) -> None:
        """Fit the columns to another width."""
        if self._order:
            self.show(self.entries, self._order, self._marked, self._opened)

    def on_mount(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _: self.show_again())

    def on_click(self, event: Click) -> None:
        """Select the clicked row; a double click opens it."""
        row = event.style.meta.get("row", -1)
        if row < 0:
            return  # a title, which Textual reports
        event.prevent_default()
        event.stop()
        self.move_cursor(row=row)
        if event.chain == 2:
            self.action_select_cursor()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_again)

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        event.stop()
        if event.column_key.value:
            self.post_message(self.Sorted(event.column_key.value))

    def move_to(self, path: Path) -> None:
        """Move the cursor to a row, if it is there."""
        row = next((row for row, entry in enumerate(self.entries) if entry.path == path), None)
        if row is not None:
            self.move_cursor(row=row)

    def _update(self, cells: list[list[Text]]) -> None:
        """Draw the changed cells; filling the table takes a frame."""
        for row, (old, new) in enumerate(zip(self._drawn, cells, strict=True)):
            for column, (before, after) in enumerate(zip(old, new, strict=True)):
                if (before, before.style) != (after, after.style):
                    self.update_cell_at(Coordinate(row, column), after)
        self._drawn = cells

    def _cells(self, entry: Entry, columns: Sequence[Shown]) -> list[Text]:
        is_opened = entry.path == self._opened
        cells = []
        for shown in columns:
            style: Style | str = ""
            text = shown.text(entry)
            match shown.column.name:
                case "":
                    text = f"{OPENED if is_opened else ' '}{MARK if entry.path in self._marked else ' '}"
                case "name" if is_opened:
                    style = colored(self.app, "accent", bold=True)
                case "state" if color := STATE_COLORS.get(entry.shown_state):
                    style = colored(self.app, color)
            cells.append(Text(text, style=style, justify="right" if shown.column.is_number else "left", no_wrap=True))
        return cells
