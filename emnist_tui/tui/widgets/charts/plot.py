"""Rendering of one chart frame into rows of colored text with plotext.

Points are rasterized into braille cells first: plotext's time grows with the number of points, so a frame of 20,000
batches costs no more than the cells they fall into.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from plotext._figure import _figure_class

from emnist_tui.runs.history import Floats
from emnist_tui.tui.widgets.charts.axes import Ticks

Mask = npt.NDArray[np.bool_]

_DOT_VALUES = np.array([[1, 8], [2, 16], [4, 32], [64, 128]])  # bits of a braille cell, from its top row
_BRAILLE = 0x2800
_MARK = "◆"
_RESET = "\x1b[0m"
_EPOCH_DISTANCE = 4  # least average number of columns between epoch lines
_SMALLEST = (8, 2)  # columns and rows of the canvas


class Ink(IntEnum):
    """Elements of a frame; plotext takes the numbers for colors."""

    NONE = 0
    AXIS = 1
    EPOCH = 2
    DOT = 3
    LINE = 4
    MARK = 5


Row = list[tuple[str, Ink]]

CURVE = 16
"""Ink of the first of several curves; the other curves have the next numbers."""
_LABEL_DISTANCE = 4  # columns between the numbers of curves
_TURN = 2  # columns that one of several overlapping curves is visible for


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
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]


@dataclass(frozen=True)
class _Canvas:
    """Grid of braille cells inside the axes.

    A cell is two dots wide and four high; row 0 is the lowest.
    """

    columns: int
    rows: int
    x_limits: tuple[float, float]
    y_limits: tuple[float, float]

    def dot_columns(self, x: Floats) -> npt.NDArray[np.int64]:
        """Return dot columns; values beyond the limits are clipped to the edge."""
        return _scaled(x, self.x_limits, self.columns * 2).clip(0, self.columns * 2 - 1)

    def dot_rows(self, y: Floats) -> npt.NDArray[np.int64]:
        """Return dot rows; values beyond the limits are clipped to the edge."""
        return _scaled(y, self.y_limits, self.rows * 4).clip(0, self.rows * 4 - 1)

    def dots(self, x: Floats, y: Floats) -> Mask:
        """Return a mask with a dot for every point."""
        mask = np.zeros((self.rows * 4, self.columns * 2), np.bool_)
        mask[self.dot_rows(y), self.dot_columns(x)] = True
        return mask

    def line(self, x: Floats, y: Floats) -> Mask:
        """Return a mask of the line through each dot column's mean.

        The line leaves the canvas where it is beyond the limits.
        """
        columns = self.dot_columns(x)
        filled, inverse = np.unique(columns, return_inverse=True)
        means = np.bincount(inverse, y) / np.bincount(inverse)
        drawn = np.arange(filled[0], filled[-1] + 1)
        rows = _scaled(np.interp(drawn, filled, means), self.y_limits, self.rows * 4)
        before = np.concatenate((rows[:1], rows[:-1]))
        low, high = np.minimum(rows, before + (before < rows)), np.maximum(rows, before - (before > rows))
        every_row = np.arange(self.rows * 4)[:, None]
        mask = np.zeros((self.rows * 4, self.columns * 2), np.bool_)
        mask[:, drawn] = (every_row >= low) & (every_row <= high)
        return mask


def draw(frame: Frame, x_ticks: Ticks, y_ticks: Ticks, width: int, height: int) -> list[Row] | None:
    """Draw one metric.

    Return the rows of the chart, top first, or None if the space is too small.
    """
    canvas = _Canvas(width - len(y_ticks[0][1]) - 1, height - 2, frame.x_limits, frame.y_limits)
    if canvas.columns < _SMALLEST[0] or canvas.rows < _SMALLEST[1]:
        return None
    figure = _figure(canvas, x_ticks, y_ticks, width, height)
    ends = set(canvas.dot_columns(frame.verticals) // 2)
    if len(ends) * _EPOCH_DISTANCE <= canvas.columns:  # denser lines would hide the data
        for column in ends:
            figure.vline(int(column), color=int(Ink.EPOCH))
    if len(frame.x):
        _scatter(figure, canvas.dots(frame.x, frame.dots), Ink.DOT)
        _scatter(figure, canvas.line(frame.x, frame.line), Ink.LINE)
    if len(frame.marks):
        columns, rows = canvas.dot_columns(frame.marks[:, 0]) // 2, canvas.dot_rows(frame.marks[:, 1]) // 4
        figure.scatter(columns.tolist(), rows.tolist(), marker=_MARK, color=int(Ink.MARK))
    return [list(_runs(line)) for line in figure.build().splitlines()]


def draw_curves(
    curves: Sequence[tuple[Floats, Floats]],
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    x_ticks: Ticks,
    y_ticks: Ticks,
    width: int,
    height: int,
) -> list[list[tuple[str, int]]] | None:
    """Draw several curves, each with its number near its end.

    A curve is a pair of x and y, float64 [points]. Return the rows of the chart, top first, or None if the space is
    too small.
    """
    canvas = _Canvas(width - len(y_ticks[0][1]) - 1, height - 2, x_limits, y_limits)
    if canvas.columns < _SMALLEST[0] or canvas.rows < _SMALLEST[1]:
        return None
    figure = _figure(canvas, x_ticks, y_ticks, width, height)
    masks = {position: canvas.line(x, y) for position, (x, y) in enumerate(curves) if len(x)}
    for position, mask in _interleaved(masks).items():
        _scatter(figure, mask, CURVE + position)
    for position, mask in masks.items():
        if mask.any():
            column, row = _label_cell(mask, position)
            figure.scatter([column], [row], marker=str(position + 1), color=CURVE + position)
    return [list(_colored(line)) for line in figure.build().splitlines()]


def _label_cell(mask: Mask, position: int) -> tuple[int, int]:
    """Return the column and row of a curve's number.

    Later curves have their number further from the end, so that numbers do not overlap.
    """
    columns = np.unique(np.flatnonzero(mask.any(axis=0)) // 2)
    column = int(columns[max(0, len(columns) - 2 - _LABEL_DISTANCE * position)])
    rows = np.flatnonzero(mask[:, column * 2 : column * 2 + 2].any(axis=1)) // 4
    return column, int(rows[len(rows) // 2])


def _interleaved(masks: dict[int, Mask]) -> dict[int, Mask]:
    """Alternate overlapping curves every few columns.

    A cell has only one color; without alternation the last curve would hide the others.
    """
    cells = {position: _cells(mask) > 0 for position, mask in masks.items()}
    sharing = sum(has.astype(np.int64) for has in cells.values())
    before, shown = np.zeros_like(sharing), {}
    for position, mask in masks.items():
        turn = np.arange(mask.shape[1] // 2) // _TURN % np.maximum(sharing, 1)
        shown[position] = mask & (before == turn).repeat(4, axis=0).repeat(2, axis=1)
        before = before + cells[position]
    return shown


def _figure(canvas: _Canvas, x_ticks: Ticks, y_ticks: Ticks, width: int, height: int) -> Any:
    """Create an empty plotext figure with the canvas's cells as coordinates.

    plotext's module-level functions draw into one global figure; this one is independent of it.
    """
    figure = _figure_class()
    figure._limit_size(False, False)
    figure.plot_size(width, height)
    figure.theme("clear")
    figure.ticks_color(int(Ink.AXIS))
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(0, canvas.columns - 1)
    figure.ylim(0, canvas.rows - 1)
    x, y = (np.array([position for position, _ in ticks]) for ticks in (x_ticks, y_ticks))
    figure.xticks((canvas.dot_columns(x) // 2).tolist(), [label for _, label in x_ticks])
    figure.yticks((canvas.dot_rows(y) // 4).tolist(), [label for _, label in y_ticks])
    return figure


def _scatter(figure: Any, mask: Mask, ink: int) -> None:
    """Draw a mask, one point per braille cell."""
    cells = _cells(mask)
    y, x = np.nonzero(cells)
    signs = [chr(_BRAILLE + code) for code in cells[y, x].tolist()]
    figure.scatter(x.tolist(), y.tolist(), marker=signs, color=int(ink))


def _cells(mask: Mask) -> npt.NDArray[np.int64]:
    """Return each cell's braille code, int64 [rows, columns]; empty cells are 0."""
    rows, columns = mask.shape[0] // 4, mask.shape[1] // 2
    dots = mask.reshape(rows, 4, columns, 2)[:, ::-1]
    return np.asarray(np.einsum("rdcs,ds->rc", dots, _DOT_VALUES))


def _scaled(values: Floats, limits: tuple[float, float], count: int) -> npt.NDArray[np.int64]:
    """Map values to integers, the limits to 0 and `count - 1`."""
    lower, upper = limits
    return np.asarray(np.rint((values - lower) / (upper - lower) * (count - 1)), np.int64)


def _runs(line: str) -> Iterator[tuple[str, Ink]]:
    """Split a line built by plotext into runs of one ink."""
    return ((text, Ink(color)) for text, color in _colored(line))


def _colored(line: str) -> Iterator[tuple[str, int]]:
    """Split a line built by plotext into runs of one color."""
    for run in line.split(_RESET):
        if run.startswith("\x1b["):
            code, text = run.split("m", 1)
            yield text, int(code.rsplit(";", 1)[1])
        elif run:
            yield run, int(Ink.NONE)
