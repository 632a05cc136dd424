"""Table of a sweep's trials that draws only visible rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from emnist_tui.runs.sweeps.board import Board
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.widgets.border import BorderResized
from emnist_tui.tui.widgets.sweep.columns import BEST, PADDING, Shown, TrialOrder, Widths, arrange, fitting_columns

_MARK = 2  # cells before the first column, the second for the sign of the best
_HEAD = 1  # rows of titles

STATE_CLASSES = {
    TrialState.RUNNING: "good",
    TrialState.PAUSED: "warning",
    TrialState.INTERRUPTED: "warning",
    TrialState.ORPHANED: "warning",
    TrialState.STUCK: "warning",
    TrialState.DIVERGED: "bad",
    TrialState.FAILED: "bad",
}
"""Looks of states; the other states need none."""


class TrialTable(ScrollView, can_focus=True):
    """Rows of trials under fixed titles.

    The cursor stays on its trial.
    """

    DEFAULT_CSS = """
    TrialTable {
        width: 1fr;
        height: 1fr;
        min-height: 4;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
        background: transparent;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;

        & > .trials--title { text-style: bold; }
        & > .trials--pruned { color: $foreground-muted; }
        & > .trials--good { color: $success; }
        & > .trials--warning { color: $warning; }
        & > .trials--bad { color: $error; }
        & > .trials--best { color: $accent; text-style: bold; }
        & > .trials--cursor { background: $block-cursor-blurred-background; color: $block-cursor-blurred-foreground; }
        &:focus > .trials--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "trials--title",
        "trials--pruned",
        "trials--good",
        "trials--warning",
        "trials--bad",
        "trials--best",
        "trials--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="Open the trial under the cursor as a run"),
        bind("next-row", "move(1)", "Down", show=False, tooltip="Next row"),
        bind("previous-row", "move(-1)", "Up", show=False, tooltip="Previous row"),
        bind("first-row", "move_to_end(False)", "First", show=False, tooltip="First row"),
        bind("last-row", "move_to_end(True)", "Last", show=False, tooltip="Last row"),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("home", "move_to_end(False)", "First", show=False),
        Binding("end", "move_to_end(True)", "Last", show=False),
        Binding("pagedown", "move_page(1)", "Next page", show=False),
        Binding("pageup", "move_page(-1)", "Previous page", show=False),
    ]

    class Opened(Message):
        """The user chose a trial by Enter or a double click."""

        def __init__(self, trial: Trial) -> None:
            super().__init__()
            self.trial = trial

    class Moved(Message):
        """Another trial is under the cursor."""

    class Sorted(Message):
        """The user clicked on the title of a column."""

        def __init__(self, column: str) -> None:
            super().__init__()
            self.column = column

    def __init__(self) -> None:
        super().__init__()
        self.trials: list[Trial] = []
        """Trials of the rows, in their order."""
        self._board: Board | None = None
        self._order = TrialOrder()
        self._columns: list[Shown] = []
        self._widths = Widths()
        self._number: int | None = None
        """Trial under the cursor."""
        self._row = 0
        self._strips: dict[int, Strip] = {}
        """Drawn rows by their place on the screen, 0 for the titles."""

    @property
    def selected(self) -> Trial | None:
        """Trial under the cursor; None in an empty table."""
        return self.trials[self._row] if self._row < len(self.trials) else None

    def show(self, board: Board, order: TrialOrder) -> None:
        """Show the trials; the cursor stays on its trial."""
        self._board, self._order = board, order
        self.trials = arrange(board, order)
        self._columns = fitting_columns(board, self._room, order, self._widths)
        numbers = [trial.number for trial in self.trials]
        if self._number in numbers:
            self._row = numbers.index(self._number)
        self._row = max(0, min(self._row, len(self.trials) - 1))
        self._number = self.selected.number if self.selected else None
        size = Size(self.size.width, len(self.trials) + _HEAD)
        if self.virtual_size != size:
            self.virtual_size = size
        self._repaint()

    def move_to(self, number: int) -> None:
        """Put the cursor on a trial, if it is there."""
        row = next((row for row, trial in enumerate(self.trials) if trial.number == number), None)
        if row is not None:
            self._go(row)

    def on_resize(self) -> None:
        self._strips.clear()
        if self._board:
            self.show(self._board, self._order)
        self._scroll_to_cursor()
        self.post_message(BorderResized())

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._strips.clear()

    def watch_has_focus(self, has_focus: bool) -> None:
        self._strips.clear()
        super().watch_has_focus(has_focus)

    def render_line(self, y: int) -> Strip:
        if y not in self._strips:
            self._strips[y] = self._drawn(y)
        return self._strips[y]

    def on_click(self, event: events.Click) -> None:
        """Select the clicked row; a double click opens it, a title sorts."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < _HEAD:
            if name := self._column_at(offset.x):
                self.post_message(self.Sorted(name))
            return
        row = offset.y - _HEAD + self.scroll_offset.y
        if row < len(self.trials):
            self._go(row)
            if event.chain == 2:
                self.action_open()

    def action_open(self) -> None:
        if self.selected:
            self.post_message(self.Opened(self.selected))

    def action_move(self, by: int) -> None:
        self._go(self._row + by)

    def action_move_page(self, by: int) -> None:
        self._go(self._row + by * max(1, self._visible - 1))

    def action_move_to_end(self, is_last: bool) -> None:
        self._go(len(self.trials) if is_last else 0)

    @property
    def _room(self) -> int:
        """Cells for the columns."""
        return self.scrollable_content_region.width - _MARK

    @property
    def _visible(self) -> int:
        """Rows of trials on the screen."""
        return max(1, self.scrollable_content_region.height - _HEAD)

    def _go(self, row: int) -> None:
        row = max(0, min(row, len(self.trials) - 1))
        if row != self._row or self.selected is None:
            self._row = row
            self._number = self.selected.number if self.selected else None
            self._scroll_to_cursor()
            self._repaint()
            self.post_message(self.Moved())

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        wanted = min(max(top, self._row - self._visible + 1), self._row)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def _repaint(self) -> None:
        """Paint the visible rows that changed."""
        if not self._strips:
            self.refresh()
            return
        for y, before in list(self._strips.items()):
            self._strips[y] = self._drawn(y)
            if self._strips[y] != before:
                self.refresh(Region(0, y, self.size.width, 1))

    def _drawn(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y < _HEAD:
            text = " " * _MARK + "".join(shown.place(shown.label) + " " * PADDING for shown in self._columns)
            return Strip([Segment(text, self._look("title"))]).adjust_cell_length(width, self.rich_style)
        row = y - _HEAD + self.scroll_offset.y
        if row >= len(self.trials):
            return Strip.blank(width, self.rich_style)
        segments = self._segments(self.trials[row])
        strip = Strip(segments).adjust_cell_length(width, self.rich_style)
        if row != self._row:
            return strip
        cursor = self._look("cursor")
        return Strip([Segment(segment.text, cursor) for segment in strip], width)

    def _segments(self, trial: Trial) -> Sequence[Segment]:
        plain = self._look("pruned") if trial.state is TrialState.PRUNED else self.rich_style
        best = self._board.best if self._board else None
        is_best = best is not None and best.number == trial.number
        segments = [Segment(f" {BEST if is_best else ' '}", self._look("best"))]
        for shown in self._columns:
            style = plain
            if shown.column.name == "accuracy" and is_best:
                style = self._look("best")
            elif shown.column.name == "state" and (look := STATE_CLASSES.get(trial.state)):
                style = self._look(look)
            segments.append(Segment(shown.text(trial) + " " * PADDING, style))
        return segments

    def _column_at(self, x: int) -> str | None:
        right = _MARK
        for shown in self._columns:
            right += shown.width + PADDING
            if _MARK <= x < right:
                return shown.column.name
        return None

    def _look(self, name: str) -> Style:
        return self.get_component_rich_style(f"trials--{name}")
