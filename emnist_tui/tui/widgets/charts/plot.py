"""Rendering of one chart frame into rows of colored text.

plotext draws the axes, once for each canvas. The cells of the points are filled in by numpy, because plotext's time
grows with the number of points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from plotext._figure import _figure_class

from emnist_tui.runs.history import Floats
from emnist_tui.text import formats
from emnist_tui.tui.widgets.charts.canvas import Canvas, Integers, Mask, braille

_BRAILLE = 0x2800
_MARK = "◆"
_RATE = "┊"
_REPLAY = "╎"
ABOVE, BELOW = "▲", "▼"
"""Signs of values beyond the edge."""
_RESET = "\x1b[0m"
_EPOCH_DISTANCE = 4  # least average number of columns between epoch lines


class Ink(IntEnum):
    """Elements of a frame; plotext takes the numbers for colors."""

    NONE = 0
    AXIS = 1
    EPOCH = 2
    FEW = 3
    SOME = 4
    MANY = 5
    LINE = 6
    MARK = 7
    RATE = 8
    REPLAY = 9


_COVERED = (Ink.LINE, Ink.MARK, Ink.REPLAY)
"""Elements that no label covers."""
GROUND = 64
"""Number above all inks, which the first background adds to them."""

Row = list[tuple[str, int]]
"""Runs of text of one ink, from left to right."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Content of a frame in data units; all values are finite."""

    x: Floats
    """float64 [points], increasing."""
    dots: Floats
    """float64 [points]: y of each dot."""
    line: Floats
    """float64 [points]: y of the line at each x."""
    marks: Floats
    """float64 [marks, 2]: x and y."""
    verticals: Floats
    """float64 [verticals]: x."""
    clouded: int
    """Number of points that have dots."""
    grain: float = 0.0
    """Distance of two neighboring values of `dots`; 0 if any value is possible. Otherwise bands replace the dots."""
    window: int = 1
    """Least number of points in a band."""
    rates: Floats = field(default_factory=lambda: np.empty((0, 2)))
    """float64 [changes, 2]: x and the learning rate from there on."""
    replayed: tuple[float, Sequence[str]] | None = None
    """x of the replay's step and its labels, the longest first."""


class Cells:
    """Characters and inks of a frame, filled from back to front."""

    def __init__(self, canvas: Canvas, verticals: tuple[int, ...] = ()) -> None:
        """Start with the axes and with vertical lines in some columns."""
        self._canvas = canvas
        self._copy_from(*_axes(canvas, verticals))

    def copy(self) -> Cells:
        twin = Cells(self._canvas)
        twin._copy_from(self._signs, self._inks)
        return twin

    def _copy_from(self, signs: npt.NDArray[np.uint32], inks: npt.NDArray[np.uint8]) -> None:
        self._signs, self._inks = signs.copy(), inks.copy()
        self._grounds = np.zeros(inks.shape, np.uint16)
        inside = np.s_[: self._canvas.rows, self._canvas.width - self._canvas.columns :]
        self._inner_signs, self._inner_inks = self._signs[inside][::-1], self._inks[inside][::-1]
        """Cells inside the axes, row 0 the lowest."""

    def fill(self, codes: Integers, ink: int | Integers, only: Mask | None = None) -> None:
        """Draw braille codes, int64 [rows, columns].

        `ink` is that of all cells or of each; `only` limits them.
        """
        drawn = codes > 0 if only is None else (codes > 0) & only
        self._inner_signs[drawn] = _BRAILLE + codes[drawn]
        self._inner_inks[drawn] = ink if isinstance(ink, int) else ink[drawn]

    def put(self, sign: str, rows: Integers | int, columns: Integers | int, ink: int) -> None:
        """Draw one character in some cells."""
        self._inner_signs[rows, columns] = ord(sign)
        self._inner_inks[rows, columns] = ink

    def tint(self, where: Mask | tuple[int, int], ground: int) -> None:
        """Give cells, bool [rows, columns], or one a background.

        `GROUND` times its number is added to their inks; 0 is the chart's own.
        """
        inside = self._grounds[: self._canvas.rows, self._canvas.width - self._canvas.columns :][::-1]
        inside[where] = GROUND * ground

    def is_free(self, row: int, columns: range) -> bool:
        """Return whether some cells hold neither line nor mark."""
        return not np.isin(self._inner_inks[row, columns.start : columns.stop], _COVERED).any()

    def rows(self) -> list[Row]:
        """Return the rows of the chart, top first.

        A space has the ink of the cell before: another one would not be seen and cost bytes.
        """
        visible = np.where(self._signs == ord(" "), 0, np.arange(self._signs.shape[1]))
        inks = np.take_along_axis(self._inks, np.maximum.accumulate(visible, axis=1), axis=1) + self._grounds
        texts = self._signs.view(f"<U{self._signs.shape[1]}")[:, 0].tolist()
        return [list(_runs(text, inks)) for text, inks in zip(texts, inks, strict=True)]


def draw(frame: Frame, canvas: Canvas) -> list[Row]:
    """Draw one metric: batches, their mean and evaluations."""
    return draw_over(draw_back(frame, canvas), frame, canvas)


def draw_back(frame: Frame, canvas: Canvas) -> Cells:
    """Draw the axes, the epochs and the batches, which change rarely."""
    ends = np.unique(canvas.dot_columns(frame.verticals) // 2)
    ends = ends[(ends >= 0) & (ends < canvas.columns)]
    # Denser lines would hide the data.
    cells = Cells(canvas, tuple(ends.tolist()) if len(ends) * _EPOCH_DISTANCE <= canvas.columns else ())
    every_row = np.arange(canvas.rows)
    for column in _rate_labels(frame, canvas):
        cells.put(_RATE, every_row, column, Ink.RATE)
    shown = canvas.visible(frame.x)
    clouded = slice(shown.start, min(shown.stop, frame.clouded))
    if clouded.start < clouded.stop:
        _draw_batches(cells, canvas, frame.x[clouded], frame.dots[clouded], frame)
    return cells


def draw_over(back: Cells, frame: Frame, canvas: Canvas) -> list[Row]:
    """Draw the mean and the evaluations over a copy of the background."""
    cells = back.copy()
    shown = canvas.visible(frame.x)
    if shown.start < shown.stop:
        cells.fill(braille(canvas.line(frame.x[shown], frame.line[shown])), Ink.LINE)
    if frame.replayed:
        _draw_replayed(cells, *frame.replayed, canvas)
    _draw_marks(cells, frame, canvas)
    _label_rates(cells, frame, canvas)
    return cells.rows()


def _draw_marks(cells: Cells, frame: Frame, canvas: Canvas) -> None:
    """Draw the evaluations, with another sign for those beyond the edge."""
    columns, rows = canvas.dot_columns(frame.marks[:, 0]), canvas.dot_rows(frame.marks[:, 1])
    is_shown = (columns >= 0) & (columns < canvas.columns * 2)
    columns, rows = columns[is_shown] // 2, rows[is_shown] // 4
    below, above = rows < 0, rows >= canvas.rows
    cells.put(BELOW, 0, columns[below], Ink.MARK)
    cells.put(ABOVE, canvas.rows - 1, columns[above], Ink.MARK)
    inside = ~below & ~above
    cells.put(_MARK, rows[inside], columns[inside], Ink.MARK)


def _draw_replayed(cells: Cells, x: float, labels: Sequence[str], canvas: Canvas) -> None:
    """Draw a line at the replay's step, with a label that fits."""
    column = int(canvas.dot_columns(np.array([x]))[0]) // 2
    if not 0 <= column < canvas.columns:
        return
    free = [row for row in range(canvas.rows) if cells.is_free(row, range(column, column + 1))]
    cells.put(_REPLAY, np.array(free, np.int64), column, Ink.REPLAY)
    places = ((label, first) for label in labels for first in (column + 2, column - 1 - len(label)))
    for label, first in places:
        within = range(first, first + len(label))
        if first >= 0 and within.stop <= canvas.columns:
            row = next((row for row in (canvas.rows - 1, 0) if cells.is_free(row, within)), canvas.rows - 1)
            for place, sign in zip(within, label, strict=True):
                cells.put(sign, row, place, Ink.REPLAY)
            return


def _rate_labels(frame: Frame, canvas: Canvas) -> dict[int, str]:
    """Return the columns of changes with the last rate of each."""
    columns = canvas.dot_columns(frame.rates[:, 0]) // 2
    shown = zip(columns.tolist(), frame.rates[:, 1].tolist(), strict=True)
    return {column: formats.number(rate) for column, rate in shown if 0 <= column < canvas.columns}


def _label_rates(cells: Cells, frame: Frame, canvas: Canvas) -> None:
    """Write learning rates beside their lines, the newest first.

    None covers the curve, a mark or another one.
    """
    labels = _rate_labels(frame, canvas)
    taken = set(labels)
    for column, label in sorted(labels.items(), reverse=True):
        for first in (column + 1, column - len(label)):
            room = range(first - 1 if first < column else first, first + len(label) + 1)
            within = range(first, first + len(label))
            if first < 0 or first + len(label) > canvas.columns or taken & {*within}:
                continue
            row = next((row for row in (canvas.rows - 1, 0) if cells.is_free(row, within)), None)
            if row is not None:
                for place, sign in zip(within, label, strict=True):
                    cells.put(sign, row, place, Ink.RATE)
                taken.update(room)
                break


def _draw_batches(cells: Cells, canvas: Canvas, x: Floats, y: Floats, frame: Frame) -> None:
    """Draw a cloud of batches or their bands.

    A sign marks where they go on beyond the edge.
    """
    if frame.grain:
        for (low, high), ink in zip(canvas.bands(x, y, frame.grain, frame.window), (Ink.FEW, Ink.SOME), strict=True):
            cells.fill(braille(canvas.fill(low, high)), ink)
            below = np.flatnonzero(low == -1)
            cells.put(BELOW, 0, np.unique(below // 2), Ink.AXIS)
        return
    codes, brightness = canvas.cloud(x, y)
    cells.fill(codes, Ink.FEW + brightness)
    below, above = canvas.beyond(x, y)
    cells.put(BELOW, 0, below, Ink.AXIS)
    cells.put(ABOVE, canvas.rows - 1, above, Ink.AXIS)


@lru_cache(16)
def _axes(canvas: Canvas, verticals: tuple[int, ...]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """Let plotext draw a chart without points.

    Returns the code points and inks of its cells, uint32 and uint8 [height, width].
    """
    figure = empty_figure(canvas, verticals)
    # It labels the axes only of a figure with a point.
    figure.scatter(
        [0], [0], marker="│" if 0 in verticals else " ", color=int(Ink.EPOCH if 0 in verticals else Ink.NONE)
    )
    rows = [list(_colored(line)) for line in figure.build().splitlines()]
    signs = np.array([[ord(sign) for text, _ in row for sign in text] for row in rows], np.uint32)
    return signs, np.array([[ink for text, ink in row for _ in text] for row in rows], np.uint8)


def empty_figure(canvas: Canvas, verticals: tuple[int, ...] = ()) -> _figure_class:
    """Create a plotext figure with the canvas's cells as coordinates.

    plotext's module-level functions draw into one global figure; this one is independent of it.
    """
    figure = _figure_class()
    figure._limit_size(False, False)
    figure.plot_size(canvas.width, canvas.height)
    figure.theme("clear")
    figure.ticks_color(int(Ink.AXIS))
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(0, canvas.columns - 1)
    figure.ylim(0, canvas.rows - 1)
    figure.xticks([column for column, _ in canvas.x_ticks], [label for _, label in canvas.x_ticks])
    figure.yticks([row for row, _ in canvas.y_ticks], [label for _, label in canvas.y_ticks])
    for column in verticals:
        figure.vline(column, color=int(Ink.EPOCH))
    return figure


def _runs(text: str, inks: npt.NDArray[np.uint16]) -> Iterator[tuple[str, int]]:
    """Split a row into runs of one ink."""
    starts = [0, *(np.flatnonzero(inks[1:] != inks[:-1]) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(inks)], strict=True):
        yield text[start:end], int(inks[start])


def _colored(line: str) -> Iterator[tuple[str, int]]:
    """Split a line built by plotext into runs of one color."""
    for run in line.split(_RESET):
        if run.startswith("\x1b["):
            code, text = run.split("m", 1)
            yield text, int(code.rsplit(";", 1)[1])
        elif run:
            yield run, int(Ink.NONE)
