"""Diff updates, which write only changed cells to save bytes.

Textual repaints whole lines of a widget from its left edge. A diff update compares a repaint with the contents of the
terminal and writes the difference.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from emnist_tui.tui.terminal.textual_private import ChopsUpdate, CompositorUpdate, DisplayUpdate, LayoutUpdate

Cell = tuple[str, Style]
"""Text, and style as far as it is seen; the second cell of a wide character has no text."""

_GAP = 4  # unchanged cells that are cheaper to write again than the eight bytes of a cursor movement
_UNKNOWN: Cell = ("\0", Style.null())  # equals no cell


class Run(NamedTuple):
    """Cells of one style beside each other."""

    x: int
    y: int
    text: str
    style: Style


class ScreenBuffer:
    """Cells that the terminal shows, as far as they are known."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}
        self._size: Size | None = None
        self.bytes = 0
        """Bytes written so far."""

    def invalidate(self) -> None:
        """Forget all cells, after a resize or output of another program."""
        self._rows.clear()

    def fit(self, size: Size) -> None:
        """Forget all cells if the terminal has another size than before."""
        if size != self._size:
            self._size = size
            self.invalidate()

    @property
    def is_empty(self) -> bool:
        """True while no cell is known."""
        return not self._rows

    def replace(self, y: int, x: int, strip: Strip) -> Iterator[Run]:
        """Put a strip at column `x` of row `y`; yield what changes."""
        cells = _cells(strip)
        row = self._rows.setdefault(y, [])
        row += [_UNKNOWN] * (x + len(cells) - len(row))
        if row[x : x + len(cells)] == cells:
            return
        changed = [place for place, cell in enumerate(cells) if row[x + place] != cell]
        row[x : x + len(cells)] = cells
        first = last = changed[0]
        for place in changed[1:]:
            style = cells[first][1]
            if place - last > _GAP or not all(_can_have(style, cell) for cell in cells[last + 1 : place + 1]):
                yield _run(cells, first, last, x, y)
                first = place
            last = place
        yield _run(cells, first, last, x, y)


class ByteBudget:
    """Average rate of bytes for a screen that changes by itself."""

    def __init__(self, buffer: ScreenBuffer, bytes_per_second: int) -> None:
        self._buffer = buffer
        self._rate = bytes_per_second
        self._state: object = None
        self._debt = 0.0
        self._counted = 0
        self._at = time.monotonic()

    def allows(self, state: object) -> bool:
        """Return whether to draw a frame now.

        True for a new `state`, and once the rate makes up for the earlier frames.
        """
        now = time.monotonic()
        self._debt = max(0.0, self._debt - (now - self._at) * self._rate) + self._buffer.bytes - self._counted
        self._counted, self._at = self._buffer.bytes, now
        is_new = state != self._state
        self._state = state
        return is_new or self._debt == 0


def diff_update(update: DisplayUpdate, buffer: ScreenBuffer, size: Size) -> DisplayUpdate:
    """Return an update that writes only what differs from `buffer`.

    None for a repaint that must not be written: one of another size than the terminal's, or one of a part while
    nothing is known of the rest. A terminal that has shrunk moves what is written beyond its edges onto other cells.
    Anything but a repaint stays as it is.
    """
    if not isinstance(update, LayoutUpdate | ChopsUpdate):
        return update
    buffer.fit(size)
    is_complete = isinstance(update, LayoutUpdate) or not buffer.is_empty
    return _DiffUpdate(update, buffer) if is_complete and _laid_out_for(update) == size else None


class _DiffUpdate(CompositorUpdate):
    """Difference that is computed when Textual writes the update, if ever."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, buffer: ScreenBuffer) -> None:
        self._update = update
        self._buffer = buffer

    def render_segments(self, console: Console) -> str:
        # For a whole screen Textual's own text is shorter: it needs no cursor movement before each strip.
        is_whole = self._buffer.is_empty
        runs = [run for y, x, strip in _strips_of(self._update) for run in self._buffer.replace(y, x, strip)]
        written = self._update.render_segments(console) if is_whole else _write(runs, console)
        self._buffer.bytes += len(written.encode())
        return written


def _laid_out_for(update: LayoutUpdate | ChopsUpdate) -> Size:
    """Return the size of the screen that an update was rendered for."""
    if isinstance(update, LayoutUpdate):
        return update.region.size
    return Size(update.chop_ends[0][-1], len(update.chops)) if update.chops else Size(0, 0)


def _strips_of(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield the row, first column and contents of each repainted strip."""
    if isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            yield y, update.region.x, Strip.join(strips)
        return
    for y, first, end in update.spans:
        for chop_end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            start, stop = max(x, first), min(chop_end, end)
            if strip is not None and start < stop:
                yield y, start, strip.crop(start - x, stop - x)


def _write(runs: Iterable[Run], console: Console) -> str:
    """Write runs ordered by style.

    The codes of a style take more bytes than a cursor movement.
    """
    texts: defaultdict[Style, list[str]] = defaultdict(list)
    for x, y, text, style in runs:
        texts[style].append(f"\x1b[{y + 1};{x + 1}H{text}")
    return Strip(Segment("".join(parts), style) for style, parts in texts.items()).render(console)


def _cells(strip: Strip) -> list[Cell]:
    cells: list[Cell] = []
    for text, any_style, _ in strip:
        style, blank = _seen(any_style or Style.null())
        if text.isascii() or cell_len(text) == len(text):
            cells += [(character, blank if character == " " else style) for character in text]
            continue
        for character in text:
            width = cell_len(character)
            if width == 0 and cells:  # a combining character shares the cell before it
                cells[-1] = (cells[-1][0] + character, style)
            cells += [(character, blank if character == " " else style), ("", style)][:width]
    return cells


@lru_cache(maxsize=4096)
def _seen(style: Style) -> tuple[Style, Style]:
    """Return what is seen of a style in letters and in blanks."""
    if style.link:
        return style, style
    is_drawn = style.reverse or style.underline or style.underline2 or style.overline or style.strike
    shown = style.clear_meta_and_links()
    return shown, shown if is_drawn else Style(bgcolor=style.bgcolor)


def _can_have(style: Style, cell: Cell) -> bool:
    """Return whether a cell looks the same in another style."""
    return cell[1] == style or (cell[0] == " " and cell[1] == _seen(style)[1])


def _run(cells: list[Cell], first: int, last: int, x: int, y: int) -> Run:
    """Return the cells `first` to `last`, extended to whole characters."""
    while first and not cells[first][0]:
        first -= 1
    while last + 1 < len(cells) and not cells[last + 1][0]:
        last += 1
    return Run(x + first, y, "".join(text for text, _ in cells[first : last + 1]), cells[first][1])
