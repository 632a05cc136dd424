"""Rendering of several curves, and bands behind them, into one frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from emnist_tui.runs.history import Floats
from emnist_tui.tui.widgets.charts.canvas import Canvas, Integers, Mask, braille, interleaved, label_cell
from emnist_tui.tui.widgets.charts.plot import ABOVE, BELOW, Cells, Row

if TYPE_CHECKING:
    from emnist_tui.tui.widgets.charts.overlay_chart import Curve

CURVE, MEMBER, BAND = 16, 32, 48
"""Inks of the first of several curves, of its members and of its band; the other curves have the next numbers."""

_CHANGE = "◇"
_LABEL_DISTANCE = 4  # columns between the numbers of curves
_TURN = 2  # columns that one of several overlapping curves is visible for


def draw_curves(curves: Sequence[Curve | None], canvas: Canvas, *, tints: bool = False) -> list[Row]:
    """Draw several curves, each with its number near its end.

    Bands are behind all members, and these behind all curves; with `tints` they are backgrounds of the curves' numbers.
    None is hidden, and keeps its number and ink. A curve has a sign where its learning rate was changed.
    """
    cells = Cells(canvas)
    for position, curve in enumerate(curves):
        if curve and curve.band is not None:
            codes = braille(_band(canvas, *curve.band))
            if tints:
                cells.tint(codes > 0, position + 1)
            else:
                cells.fill(codes, BAND + position)
    for position, curve in enumerate(curves):
        for x, y in curve.members if curve else ():
            shown = canvas.visible(x)
            if shown.start < shown.stop:
                cells.fill(braille(canvas.line(x[shown], y[shown])), MEMBER + position)
    masks: dict[int, Mask] = {}
    for position, curve in enumerate(curves):
        if curve is None:
            continue
        x, y = (each[canvas.visible(curve.x)] for each in (curve.x, curve.y))
        if len(x):
            masks[position] = canvas.line(x, y)
            below, above = canvas.beyond(x, y)
            cells.put(BELOW, 0, below, CURVE + position)
            cells.put(ABOVE, canvas.rows - 1, above, CURVE + position)
    lines = [braille(mask) for mask in masks.values()]
    for position, line, turn in zip(masks, lines, interleaved(lines, _TURN) if lines else [], strict=True):
        cells.fill(line, CURVE + position, turn)
    for position, mask in masks.items():
        shown_curve = curves[position]
        steps = np.asarray(shown_curve.changes if shown_curve else (), np.float64)
        for column in (canvas.dot_columns(steps) // 2).tolist():
            if len(rows := _rows_of(mask, column)):
                cells.put(_CHANGE, int(rows[len(rows) // 2]), column, CURVE + position)
    for position, mask in masks.items():
        if mask.any():
            # Later curves have their number further from the end, so that numbers do not overlap.
            column, row = label_cell(mask, 1 + _LABEL_DISTANCE * position)
            cells.put(str(position + 1), row, column, CURVE + position)
            if tints:
                cells.tint((row, column), 0)  # legible on the chart's own background only
    return cells.rows()


def _band(canvas: Canvas, x: Floats, low: Floats, high: Floats) -> Mask:
    """Return a mask between two curves, a dot row in each row.

    A cell is in the band if its middle is. A band that is so coarse holds still while its curves tremble.
    """
    shown = canvas.visible(x)
    if shown.start >= shown.stop:
        return np.zeros((canvas.rows * 4, canvas.columns * 2), np.bool_)
    columns = canvas.dot_columns(x[shown])
    drawn = np.arange(columns[0], columns[-1] + 1)
    bottom, top = (np.full(canvas.columns * 2, -2) for _ in range(2))
    for rows, ends in ((bottom, low), (top, high)):
        rows[drawn] = canvas.dot_rows(np.interp(drawn, columns, ends[shown]))
    below_middle = np.arange(canvas.rows * 4) % 4 == 1
    return np.asarray(canvas.fill(bottom, top - 1) & below_middle[:, None])


def _rows_of(mask: Mask, column: int) -> Integers:
    """Return the rows of a curve in a column.

    There are none to the left of the canvas.
    """
    return np.flatnonzero(mask[:, max(0, column) * 2 : column * 2 + 2].any(axis=1)) // 4
