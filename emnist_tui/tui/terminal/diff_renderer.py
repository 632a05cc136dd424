"""Sending a terminal only the cells that changed: over a thin link every byte counts.

Textual repaints whole lines of a widget, from its left edge on. Here what a repaint would write is compared with what
the terminal shows.
"""

import time
from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from emnist_tui.tui.terminal.textual_private import ChopsUpdate, CompositorUpdate, LayoutUpdate

Cell = tuple[str, Style | None]
"""Text and style; the second cell of a wide character has no text."""

_GAP = 4  # unchanged cells that are sent again rather than moving the cursor, which takes eight bytes
_UNKNOWN: Cell = ("\0", None)  # equals no cell


class Painted:
    """What the terminal shows."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}
        self.bytes = 0
        """Written so far."""

    def forget(self) -> None:
        """Somebody else has written to the terminal, or it has another size."""
        self._rows.clear()

    @property
    def is_known(self) -> bool:
        return bool(self._rows)

    def show(self, y: int, x: int, strip: Strip) -> Iterator[tuple[int, Strip]]:
        """A strip is to be shown at column `x` of row `y`: what must be written there, and at which columns."""
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


class Budget:
    """So many bytes a second, on average, for a screen that changes by itself."""

    def __init__(self, painted: Painted, bytes_per_second: int) -> None:
        self._painted = painted
        self._rate = bytes_per_second
        self._state: object = None
        self._owed = 0.0
        self._counted = 0
        self._at = time.monotonic()

    def allows(self, state: object) -> bool:
        """Whether there is room for a frame: what the last ones took has been made up for, or the state is new."""
        now = time.monotonic()
        self._owed = max(0.0, self._owed - (now - self._at) * self._rate) + self._painted.bytes - self._counted
        self._counted, self._at = self._painted.bytes, now
        is_new = state != self._state
        self._state = state
        return is_new or self._owed == 0


def only_changes(update: RenderableType | None, painted: Painted) -> RenderableType | None:
    """What is to be displayed, less what the terminal shows already."""
    return _Changes(update, painted) if isinstance(update, LayoutUpdate | ChopsUpdate) else update


class _Changes(CompositorUpdate):
    """Found when they are written, which may be never."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, painted: Painted) -> None:
        self._update = update
        self._painted = painted

    def render_segments(self, console: Console) -> str:
        # What Textual writes for a whole screen is shorter than to move to each strip of it.
        is_whole = isinstance(self._update, LayoutUpdate) and not self._painted.is_known
        changes = [
            (column, y, changed)
            for y, x, strip in _strips_of(self._update)
            for column, changed in self._painted.show(y, x, strip)
        ]
        if is_whole:
            written = self._update.render_segments(console)
        else:
            written = "".join(
                Control.move_to(column, y).segment.text + changed.render(console) for column, y, changed in changes
            )
        self._painted.bytes += len(written.encode())
        return written


def _strips_of(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Row, column and contents of what is to be repainted."""
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
            if width == 0 and cells:  # it belongs to the one before
                cells[-1] = (cells[-1][0] + character, cells[-1][1])
            cells += [(character, style), ("", style)][:width]
    return cells


def _run(cells: list[Cell], first: int, last: int, x: int) -> tuple[int, Strip]:
    """The cells from `first` to `last` and the column of the first, whole characters."""
    while first and not cells[first][0]:
        first -= 1
    while last + 1 < len(cells) and not cells[last + 1][0]:
        last += 1
    groups = groupby(cells[first : last + 1], key=lambda cell: cell[1])
    return x + first, Strip([Segment("".join(text for text, _ in group), style) for style, group in groups])
