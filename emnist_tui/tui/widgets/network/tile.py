"""Drawing of one map: half blocks, cells of two columns, or characters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from textual.color import Color

from emnist_tui.text.ascii_art import RAMP
from emnist_tui.tui.widgets.network.canvas import Canvas
from emnist_tui.tui.widgets.network.inks import Inks, pair_style, tint_style
from emnist_tui.tui.widgets.network.levels import BLANK, POSITIVE, SIGNED, Levels, Values

_NEGATIVE_LETTERS = "abcd"


@dataclass(frozen=True)
class Fit:
    """Size of a drawn map; a pixel is half a row high."""

    rows: int
    """Rows of pixels."""
    columns: int

    @property
    def height(self) -> int:
        """Rows of the terminal."""
        return (self.rows + 1) // 2


@dataclass(frozen=True)
class Marks:
    """Cells of a map that stand out."""

    cell: tuple[int, int] | None = None
    """Row and column at the cursor."""
    field: tuple[range, range] | None = None
    """Rows and columns that a sum reads."""


NO_MARKS = Marks()


def fit(shape: tuple[int, int], columns: int, height: int, *, enlarge: int = 1) -> Fit | None:
    """Find the largest size in which a map fits.

    A map is enlarged by whole numbers up to `enlarge`; a large one is reduced. None without space.
    """
    rows, width = shape
    if columns < 1 or height < 1 or not rows or not width:
        return None
    times = min(columns // width, 2 * height // rows, enlarge)
    if times >= 1:
        return Fit(rows * times, width * times)
    share = min(columns / width, 2 * height / rows)
    return Fit(max(1, int(rows * share)), max(1, int(width * share)))


def resized(values: Values, rows: int, columns: int) -> Values:
    """Resize a map by the mean of what each pixel covers."""
    height, width = values.shape
    if (height, width) == (rows, columns):
        return values
    if rows % height == 0 and columns % width == 0:
        return values.repeat(rows // height, axis=0).repeat(columns // width, axis=1)
    return np.asarray(_covers(height, rows) @ np.nan_to_num(values, nan=0.0) @ _covers(width, columns).T)


def _covers(size: int, count: int) -> Values:
    """Return which share of each pixel each cell takes."""
    starts = np.arange(count)[:, None] * size / count
    ends = starts + size / count
    cells = np.arange(size)[None]
    overlap = np.clip(np.minimum(ends, cells + 1) - np.maximum(starts, cells), 0, None)
    return np.asarray(overlap / overlap.sum(axis=1, keepdims=True))


def draw_map(
    canvas: Canvas, inks: Inks, place: tuple[int, int], levels: Levels, shape: tuple[int, int], *,
    is_signed: bool = False, is_ink: bool = False, marks: Marks = NO_MARKS,
) -> None:  # fmt: skip
    """Draw levels of a map, a pixel each, at a place."""
    marked = _marked(levels.shape, shape, marks)
    if inks.has_tints:
        shades = inks.ink if is_ink else inks.signed if is_signed else inks.ramp
        _draw_blocks(canvas, inks, place, levels + (SIGNED if is_signed else 0) * (levels != BLANK), marked, shades)
    else:
        _draw_characters(canvas, inks, place, levels, marked, is_signed=is_signed)


def _marked(size: Sequence[int], shape: tuple[int, int], marks: Marks) -> NDArray[np.int8]:
    """Return the marks: 2 at the cursor, 1 in the field."""
    marked = np.zeros(tuple(size), np.int8)
    areas = [(1, marks.field)]
    if marks.cell is not None:
        row, column = marks.cell
        areas.append((2, (range(row, row + 1), range(column, column + 1))))
    for value, ranges in areas:
        if ranges is not None:
            rows, columns = (_pixels(cells, old, new) for cells, old, new in zip(ranges, shape, size, strict=True))
            marked[rows, columns] = value
    return marked


def _pixels(cells: range, size: int, pixels: int) -> slice:
    start = cells.start * pixels // size
    return slice(
        start, max(start + 1, -(-cells.stop * pixels // size) if pixels >= size else cells.stop * pixels // size)
    )


def _draw_blocks(
    canvas: Canvas, inks: Inks, place: tuple[int, int], levels: NDArray[np.int8], marked: NDArray[np.int8],
    shades: Sequence[Color],
) -> None:  # fmt: skip
    x, y = place
    if len(levels) % 2:
        levels = np.vstack([levels, np.full((1, levels.shape[1]), BLANK, np.int8)])
        marked = np.vstack([marked, np.zeros((1, marked.shape[1]), np.int8)])
    codes = levels.astype(np.int16) * 3 + marked
    for row in range(0, len(codes), 2):
        segments: list[Segment] = []
        tops, bottoms = codes[row].tolist(), codes[row + 1].tolist()
        start = 0
        for end in range(1, len(tops) + 1):
            if end < len(tops) and tops[end] == tops[start] and bottoms[end] == bottoms[start]:
                continue
            top, bottom = (_color(code, shades, inks) for code in (tops[start], bottoms[start]))
            if top == bottom:
                segments.append(Segment(" " * (end - start), tint_style(top)))
            elif tops[start] > bottoms[start]:
                segments.append(Segment("▀" * (end - start), pair_style(top, bottom)))
            else:  # one style for both orders saves the bytes of another
                segments.append(Segment("▄" * (end - start), pair_style(bottom, top)))
            start = end
        canvas.put(x, y + row // 2, segments)


def _color(code: int, shades: Sequence[Color], inks: Inks) -> Color:
    level, mark = divmod(code, 3)
    if mark == 2:
        return inks.mark
    color = inks.page if level == BLANK else shades[level]
    return inks.in_field(color) if mark else color


def _draw_characters(
    canvas: Canvas, inks: Inks, place: tuple[int, int], levels: Levels, marked: NDArray[np.int8], *, is_signed: bool
) -> None:
    x, y = place
    for row in range(0, len(levels), 2):
        both = levels[row : row + 2].astype(int)
        ahead = np.where(np.abs(both[0]) >= np.abs(both[-1]), both[0], both[-1]) if is_signed else None
        line = ahead if ahead is not None else np.rint(both.mean(axis=0)).astype(int)
        marks = marked[row : row + 2].max(axis=0).tolist()
        segments = [
            Segment(
                character(level, is_signed=is_signed), inks["mark"] if mark == 2 else inks["strong" if mark else "text"]
            )
            for level, mark in zip(line.tolist(), marks, strict=True)
        ]
        canvas.put(x, y + row // 2, list(Segment.simplify(segments)))


def character(level: int, *, is_signed: bool) -> str:
    """Return the character of a level.

    A ramp, or with a sign 1 to 4 above zero and a to d below.
    """
    if abs(level) > POSITIVE:
        return " "
    if not is_signed:
        return RAMP[round(level * (len(RAMP) - 1) / (POSITIVE - 1))]
    return str(level) if level > 0 else _NEGATIVE_LETTERS[-level - 1] if level else "."
