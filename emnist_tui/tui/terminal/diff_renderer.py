"""Diff updates, which write only changed cells to save bytes.

Textual repaints whole lines of a widget from its left edge. A diff update compares a repaint with the contents of the
terminal and writes the difference.
"""

import time
from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip

from emnist_tui.tui.terminal.textual_private import ChopsUpdate, CompositorUpdate, DisplayUpdate, LayoutUpdate

Cell = tuple[str, Style | None]
"""Text and style; the second cell of a wide character has no text."""

_GAP = 4  # unchanged cells that are cheaper to write again than the eight bytes of a cursor movement
_UNKNOWN: Cell = ("\0", None)  # equals no cell


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

    def replace(self, y: int, x: int, strip: Strip) -> Iterator[tuple[int, Strip]]:
        """Put a strip at column `x` of row `y`.

        Yields the changed runs of cells with their columns.
        """
        cells = _cells(strip)
        row = self._rows.setdefault(y, [])
        row += [_UNKNOWN] * (x + len(cells) - len(row))
        if row[x : x + len(cells)] == cells:
            return
        changed = [place for place, cell in enumerate(cells) if row[x + place] != cell]
        row[x : x + len(cells)] = cells
        first = last = changed[0]
        for place in changed[1:]:
            if place - last > _GAP:
                yield _run(cells, first, last, x)
                first = place
            last = place
        yield _run(cells, first, last, x)


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
        changes = [
            (column, y, changed)
            for y, x, strip in _strips_of(self._update)
            for column, changed in self._buffer.replace(y, x, strip)
        ]
        if is_whole:
            written = self._update.render_segments(console)
        else:
            written = "".join(
                Control.move_to(column, y).segment.text + changed.render(console) for column, y, changed in changes
            )
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


def _cells(strip: Strip) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, _ in strip:
        if text.isascii() or cell_len(text) == len(text):
            cells += [(character, style) for character in text]
            continue
        for character in text:
            width = cell_len(character)
            if width == 0 and cells:  # a combining character shares the cell before it
                cells[-1] = (cells[-1][0] + character, cells[-1][1])
            cells += [(character, style), ("", style)][:width]
    return cells


def _run(cells: list[Cell], first: int, last: int, x: int) -> tuple[int, Strip]:
    """Return the cells `first` to `last` and the column of the first.

    They are extended to whole characters.
    """
    while first and not cells[first][0]:
        first -= 1
    while last + 1 < len(cells) and not cells[last + 1][0]:
        last += 1
    groups = groupby(cells[first : last + 1], key=lambda cell: cell[1])
    return x + first, Strip([Segment("".join(text for text, _ in group), style) for style, group in groups])
