"""Cells of a chart: where values are, as dots of braille characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emnist_tui.runs.history import Floats
from emnist_tui.tui.widgets.charts.axes import Axis, Limits, Ticks, step_scale

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

_DOT_VALUES = np.array([[1, 8], [2, 16], [4, 32], [64, 128]])  # bits of a braille cell, from its top row
_SMALLEST = (8, 2)  # columns and rows
_DENSE = (1.0, 2.8)  # densities from which on a cell is brighter; 1 where a column's batches are spread evenly
_NEIGHBORS = 3  # columns on each side that count for a cell's brightness
_BANDS = (0.05, 0.25)  # share of the batches on each side of a band


@dataclass(frozen=True)
class Canvas:
    """Grid of braille cells inside the axes.

    A cell is two dots wide and four high; row 0 is the lowest. Masks are bool [dot rows, dot columns].
    """

    width: int
    """Columns with the axis and its labels."""
    height: int
    """Rows with the axis and its labels."""
    x_limits: Limits
    y_limits: Limits
    """Decimal logarithms on a logarithmic axis."""
    x_ticks: Ticks
    y_ticks: Ticks
    is_log: bool = False

    @classmethod
    def lay_out(
        cls, width: int, height: int, steps: Limits, axis: Axis, limits: Limits, *, is_log: bool = False
    ) -> Canvas | None:
        """Return a canvas for some steps and values.

        None if the space is too small.
        """
        if height - 2 < _SMALLEST[1]:
            return None
        y_limits, y_ticks = axis.scale(limits, height - 2, is_log=is_log)
        columns = width - len(y_ticks[0][1]) - 1
        if columns < _SMALLEST[0]:
            return None
        x_limits, x_ticks = step_scale(*steps, columns)
        return cls(width, height, x_limits, y_limits, x_ticks, y_ticks, is_log)

    @property
    def columns(self) -> int:
        return self.width - len(self.y_ticks[0][1]) - 1

    @property
    def rows(self) -> int:
        return self.height - 2

    def dot_columns(self, x: Floats) -> Integers:
        """Return dot columns; -1 to the left of the canvas."""
        return _scaled(x, self.x_limits, self.columns * 2)

    def dot_rows(self, y: Floats) -> Integers:
        """Return dot rows: -1 below the canvas, their number above it."""
        if self.is_log:
            with np.errstate(divide="ignore", invalid="ignore"):
                y = np.where(y > 0, np.log10(y), -np.inf)
        return _scaled(y, self.y_limits, self.rows * 4)

    def visible(self, x: Floats) -> slice:
        """Return the points within the step axis; `x` increases."""
        return slice(*np.searchsorted(x, (self.x_limits[0], np.nextafter(self.x_limits[1], np.inf))).tolist())

    def cloud(self, x: Floats, y: Floats) -> tuple[Integers, Integers]:
        """Return braille codes with a dot for every point, and their brightness.

        Both are int64 [rows, columns]; brightness is 0 to 2. A cell is as bright as it is dense in comparison with its
        column.
        """
        rows, columns = self.dot_rows(y), self.dot_columns(x)
        counts = np.bincount(columns // 2, minlength=self.columns)
        inside = (rows >= 0) & (rows < self.rows * 4)
        rows, columns = rows[inside], columns[inside]
        mask = np.zeros((self.rows * 4, self.columns * 2), np.bool_)
        mask[rows, columns] = True
        cells = np.bincount(rows // 4 * self.columns + columns // 2, minlength=self.rows * self.columns)
        shares = _around(cells.reshape(self.rows, self.columns)) / np.maximum(_around(counts), 1)
        density = shares * self.rows
        return braille(mask), np.searchsorted(_DENSE, density, side="right")

    def bands(self, x: Floats, y: Floats, grain: float, window: int) -> list[tuple[Integers, Integers]]:
        """Return the bands of the middle 90 and 50 %.

        A band is a lower and an upper dot row for each dot column, int64 [dot columns], both -2 without points. It
        covers its column's points, and at least the last `window`. Values are `grain` apart: a quantile is that of
        grouped data, interpolated within its group.
        """
        columns = self.dot_columns(x)
        scale = (self.rows * 4 - 1) / (self.y_limits[1] - self.y_limits[0])
        group = max(1.0, grain * scale)  # dot rows
        groups = int(self.rows * 4 / group) + 2
        places = np.rint((self.y_limits[1] - y) * scale / group).clip(0, groups - 1).astype(np.int64)
        counts = np.bincount(columns * groups + places, minlength=self.columns * 2 * groups)
        before = np.zeros((self.columns * 2 + 1, groups), np.int64)
        np.cumsum(counts.reshape(-1, groups), axis=0, out=before[1:])
        seen = before.sum(axis=1)
        filled = np.flatnonzero(np.diff(seen))
        starts = np.searchsorted(seen, seen[filled + 1] - window, side="right") - 1
        within = before[filled + 1] - before[starts.clip(0, filled)]
        shares = np.cumsum(within, axis=1) / within.sum(axis=1, keepdims=True)
        drawn = np.arange(filled[0], filled[-1] + 1)
        return [
            (
                self._spread(drawn, np.interp(drawn, filled, _quantile(shares, 1 - outside) * group)),
                self._spread(drawn, np.interp(drawn, filled, _quantile(shares, outside) * group)),
            )
            for outside in _BANDS
        ]

    def line(self, x: Floats, y: Floats) -> Mask:
        """Return a mask of the line through each dot column's mean.

        The line leaves the canvas where it is beyond the limits.
        """
        filled, means = self._means(x, y)
        drawn = np.arange(filled[0], filled[-1] + 1)
        rows = self.dot_rows(np.interp(drawn, filled, means))
        before = np.concatenate((rows[:1], rows[:-1]))
        low, high = np.minimum(rows, before + (before < rows)), np.maximum(rows, before - (before > rows))
        every_row = np.arange(self.rows * 4)[:, None]
        mask = np.zeros((self.rows * 4, self.columns * 2), np.bool_)
        mask[:, drawn] = (every_row >= low) & (every_row <= high)
        return mask

    def fill(self, low: Integers, high: Integers) -> Mask:
        """Return a mask between two rows of each dot column, both included."""
        every_row = np.arange(self.rows * 4)[:, None]
        return np.asarray((every_row >= low) & (every_row <= high))

    def beyond(self, x: Floats, y: Floats) -> tuple[Integers, Integers]:
        """Return the columns that go on below the canvas, and above it.

        More than 5 % of their points are there.
        """
        rows, columns = self.dot_rows(y), self.dot_columns(x) // 2
        few = np.bincount(columns, minlength=self.columns) * _BANDS[0]
        below, above = (np.bincount(columns[out], minlength=self.columns) for out in (rows < 0, rows >= self.rows * 4))
        return np.flatnonzero(below > few), np.flatnonzero(above > few)

    def _means(self, x: Floats, y: Floats) -> tuple[Integers, Floats]:
        """Return the dot columns with points, and the mean of each."""
        columns = self.dot_columns(x)
        starts = np.flatnonzero(np.diff(columns, prepend=-1))
        return columns[starts], np.add.reduceat(y, starts) / np.diff(starts, append=len(y))

    def _spread(self, columns: Integers, below_top: Floats) -> Integers:
        """Return rows for all dot columns, -2 for the others."""
        rows = np.full(self.columns * 2, -2)
        top = self.rows * 4 - 1
        rows[columns] = np.rint(top - below_top).clip(-1, top)
        return rows


def braille(mask: Mask) -> Integers:
    """Return each cell's braille code, int64 [rows, columns]; empty cells are 0."""
    rows, columns = mask.shape[0] // 4, mask.shape[1] // 2
    dots = mask.reshape(rows, 4, columns, 2)[:, ::-1]
    return np.asarray(np.einsum("rdcs,ds->rc", dots, _DOT_VALUES))


def label_cell(mask: Mask, from_end: int) -> tuple[int, int]:
    """Return the column and row of a curve's number.

    It is `from_end` columns before the curve's end.
    """
    columns = np.unique(np.flatnonzero(mask.any(axis=0)) // 2)
    column = int(columns[max(0, len(columns) - 1 - from_end)])
    rows = np.flatnonzero(mask[:, column * 2 : column * 2 + 2].any(axis=1)) // 4
    return column, int(rows[len(rows) // 2])


def _quantile(shares: Floats, share: float) -> Floats:
    """Return the place among groups that a cumulative share reaches.

    `shares` are cumulative, float64 [columns, groups]. Values are spread evenly over their group; group 0 reaches from
    -0.5 to 0.5.
    """
    place = np.argmax(shares >= share - 1e-12, axis=1)
    row = np.arange(len(shares))
    reached = shares[row, place]
    before = np.where(place > 0, shares[row, place - 1], 0.0)
    return np.asarray(place - 0.5 + (share - before) / np.maximum(reached - before, 1e-12))


def _around(counts: Integers) -> Integers:
    """Add the counts of neighboring columns, the last axis.

    Noise in the brightness of single cells would cost more bytes than everything else.
    """
    sums = np.cumsum(np.pad(counts, [(0, 0)] * (counts.ndim - 1) + [(_NEIGHBORS + 1, _NEIGHBORS)]), axis=-1)
    return np.asarray(sums[..., 2 * _NEIGHBORS + 1 :] - sums[..., : -2 * _NEIGHBORS - 1])


def _scaled(values: Floats, limits: Limits, count: int) -> Integers:
    """Map values to integers, the limits to 0 and `count - 1`.

    Values beyond the limits become -1 and `count`.
    """
    lower, upper = limits
    return np.rint((values - lower) / (upper - lower) * (count - 1)).clip(-1, count).astype(np.int64)


def interleaved(cells: Sequence[Integers], turn: int) -> list[Mask]:
    """Return the cells of each of several overlapping curves.

    `cells` are braille codes; a turn takes some columns. A cell has only one color; without turns the last curve would
    hide the others.
    """
    taken = np.array([codes > 0 for codes in cells])
    sharing = np.maximum(taken.sum(axis=0), 1)
    order = np.cumsum(taken, axis=0) - taken
    turns = np.arange(taken.shape[2]) // turn % sharing
    return list(taken & (order == turns))
