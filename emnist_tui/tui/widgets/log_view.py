"""Scrolling lines of a log, wrapped to the width."""

import textwrap
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from emnist_tui.text.formats import clock, day, printable
from emnist_tui.tui.session.log_line import Level, LogLine

_GAP = "  "
_UNBROKEN = "\N{NO-BREAK SPACE}%"
_CLOCK = 8  # cells of a time of day

Row = tuple[str, str, Level]
"""Time or blanks, text and level of one row of the screen."""


class LogView(ScrollView, can_focus=True):
    """Log that follows its end until the user scrolls away."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--time", "log--warning", "log--error", "log--note"}
    DEFAULT_CSS = """
    LogView {
        height: 1fr;
        background: transparent;
        overflow-x: hidden;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .log--time { color: $foreground-muted; }
        & > .log--note { color: $foreground-muted; }
        & > .log--warning { color: $text-warning; }
        & > .log--error { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False),
        Binding("k", "scroll_up", "Up", show=False),
        Binding("g", "scroll_home", "First line", show=False),
        Binding("G", "scroll_end", "Last line", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[LogLine] = ()
        self._note = ""
        self._rows: list[Row] = []
        self._follows = True

    def show(self, lines: Sequence[LogLine], note: str = "", *, from_end: bool = False) -> None:
        """Show lines under a note in the program's own words.

        The view stays where it is, or at the end if it is there or with `from_end`.
        """
        self._follows = from_end or self._is_at_end
        self._lines, self._note = lines, note
        self._lay_out()

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002
        self._lay_out()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._follows = self._is_at_end

    @property
    def _is_at_end(self) -> bool:
        return self.scroll_offset.y >= self.max_scroll_y

    def _lay_out(self) -> None:
        follows = self._follows
        width = max(1, self.scrollable_content_region.width)
        self._rows = list(_rows(self._lines, self._note, width))
        self.virtual_size = Size(width, len(self._rows))
        if follows:
            self.scroll_end(animate=False, immediate=True, force=True)  # its scrollbar may not be there yet
        self._follows = follows
        self.refresh()

    def render_line(self, y: int) -> Strip:
        number, width = y + self.scroll_offset.y, self.size.width
        if number >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        time, text, level = self._rows[number]
        segments = [Segment(time, self._style("time")), Segment(text, self._style_of(level, is_note=not time))]
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _style_of(self, level: Level, *, is_note: bool) -> Style:
        if level is not Level.PLAIN:
            return self._style(str(level))
        return self._style("note") if is_note and self._has_times else self.rich_style

    @property
    def _has_times(self) -> bool:
        return bool(self._lines) and self._lines[0].time is not None

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"log--{name}")


def _rows(lines: Sequence[LogLine], note: str, width: int) -> Iterator[Row]:
    """Yield the note, and the lines under the date of each day."""
    if note:
        yield from (("", row, Level.PLAIN) for row in _wrapped(note, width))
    shown_day = ""
    for line in lines:
        if line.time is None:
            yield from (("", row, line.level) for row in _wrapped(line.text, width))
            continue
        if (date := day(line.time)) != shown_day:
            shown_day = date
            yield "", date, Level.PLAIN
        first, *others = _wrapped(line.text, width - _CLOCK - len(_GAP))
        yield clock(line.time).ljust(_CLOCK) + _GAP, first, line.level
        yield from ((" " * (_CLOCK + len(_GAP)), row, line.level) for row in others)


@lru_cache(maxsize=8192)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    """Wrap a foreign text; at least one row."""
    width = max(8, width)
    shown = printable(text)
    if cell_len(shown) <= width:
        return (shown,)
    if cell_len(shown) == len(shown):
        kept = shown.replace(" %", _UNBROKEN)  # a number stays with its unit
        return tuple(row.replace(_UNBROKEN, " %") for row in textwrap.wrap(kept, width)) or ("",)
    return tuple(chop_cells(shown, width))
