"""Weights of a filter in figures, a grid for each kernel."""

from dataclasses import dataclass

import numpy as np
from textual.geometry import Region

from emnist_tui.analysis.network.network import Array
from emnist_tui.tui.widgets.network.brush import Brush

_WIDEST, _NARROWEST = 7, 4  # columns of a figure
_GAP = 1


@dataclass(frozen=True)
class Grids:
    """Kernels beside and below each other."""

    width: int
    """Columns of a figure."""
    across: int
    pitch: int
    """Rows from a kernel to the one below it."""
    tall: int = 1
    """Rows of a figure's cell."""


def arrange_grids(
    count: int, shape: tuple[int, int], columns: int, height: int, narrowest: int = _NARROWEST
) -> Grids | None:
    """Choose the widest figures with which all kernels fit, if any."""
    rows, wide = shape
    for width in range(_WIDEST, narrowest - 1, -1):
        across = min(count, (columns + _GAP) // (width * wide + _GAP))
        if across < 1:
            continue
        down = -(-count // across)
        for tall, gap in ((2, 1), (1, 1), (1, 0)):
            if down * (tall * rows + gap) - gap <= height:
                return Grids(width, across, tall * rows + gap, tall)
    return None


def draw_filter(brush: Brush, area: Region, index: int, number: int) -> bool:
    """Draw the weights of a filter; return whether they fit."""
    subject = brush.subject
    weighted = subject.weighted(index)
    weights = None if weighted is None else subject.weights(weighted.weights["weight"])
    if weights is None or number >= len(weights):
        return False
    kernels = np.asarray(weights[number], np.float64)
    if kernels.ndim != 3:
        return False
    narrowest = _NARROWEST if brush.inks.has_tints else _NARROWEST + 1  # a blank between figures
    count, rows, columns = (int(size) for size in kernels.shape)
    grids = arrange_grids(count, (rows, columns), area.width, area.height, narrowest)
    if grids is None:
        return False
    for place, kernel in enumerate(kernels):
        down, across = divmod(place, grids.across)
        x, y = area.x + across * (grids.width * columns + _GAP), area.y + down * grids.pitch
        _draw_grid(brush, (x, y), (index, number, place), kernel, grids)
    return True


def _draw_grid(brush: Brush, place: tuple[int, int], key: tuple[int, int, int], kernel: Array, grids: Grids) -> None:
    width = grids.width
    is_narrow = width == _NARROWEST  # a second decimal would touch the figure before it
    texts = brush.figures(kernel, width - (not is_narrow), 1 if is_narrow else 2)
    scale = brush.subject.kernel_scale(key[0])
    brush.numbers(place, ("figures", key), kernel, scale, width, texts=texts, tall=grids.tall)
