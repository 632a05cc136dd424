"""Recognition of a sheet of paper that lies on a darker table."""

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.inference.raster import Gray, Mask, components, extent, largest_around, otsu, resized, shrunk
from emnist_tui.learning.inference.tilt import AT_AN_ANGLE, UPRIGHT
from emnist_tui.runs.errors import EmnistTuiError

_WORKING = 128
"""Longer side, in pixels, at which the sheet is sought."""
_SMALLEST = 40
"""Least shorter side, in those pixels, of a picture that can show a sheet."""
_WIDE = 0.25
"""Least width of a sheet, in shorter sides of the picture: a stroke is thinner."""
_LONG = 2.5
"""Greatest length of a sheet, in its widths."""
_SOLID = 0.75
"""Least share of a sheet in the rectangle around it: perspective and its ink reduce it, and bold digits have less."""
_OUTSIDE = 0.1
"""Most of a sheet's outline on the sides of the picture: a page half in the shadow has more."""
_LIGHTER = 25.0
"""Least difference of brightness between sheet and table, in levels of 255."""


def sheet_in(gray: Gray) -> Gray:
    """Crop to a sheet on a darker table, if there is one.

    Without one, the picture itself is returned. The table beside the sheet takes the sheet's brightness. Raises
    `EmnistTuiError` if the sheet is at an angle.
    """
    small = shrunk(gray, _WORKING)
    if min(small.shape) < _SMALLEST:
        return gray
    light = small > otsu(small)
    labels, count = components(light)
    if not count or small[light].mean() - small[~light].mean() < _LIGHTER:
        return gray
    sheet = labels == 1 + np.bincount(labels[light])[1:].argmax()
    outer = sheet[[0, -1]].sum() + sheet[:, [0, -1]].sum()
    places = np.argwhere(sheet)
    boxes = {angle: _sides(places, angle) for angle in range(-45, 45, 3)}
    angle, sides = min(boxes.items(), key=lambda item: (item[1].prod(), abs(item[0])))
    if (
        sides.min() < _WIDE * min(small.shape)
        or sides.max() > _LONG * sides.min()
        or len(places) < _SOLID * sides.prod()
        or outer > _OUTSIDE * 2 * sides.sum()
    ):
        return gray
    if abs(angle) > UPRIGHT:
        raise EmnistTuiError(AT_AN_ANGLE)
    return _cropped(gray, sheet)


def _sides(places: NDArray[np.intp], degrees: float) -> NDArray[np.float64]:
    """Measure the rectangle around pixels, float64 [2], at an angle."""
    turn = np.radians(degrees)
    turned = places @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    sides: NDArray[np.float64] = np.ptp(turned, axis=0) + 1
    return sides


def _cropped(gray: Gray, sheet: Mask) -> Gray:
    """Crop to a sheet and fill the rest of its box.

    The mask of the sheet has the picture's shape, reduced.
    """
    beside = largest_around(_beside(sheet), 2).astype(np.float32)
    table = resized(beside, (0, 0, *sheet.shape), *gray.shape) > 0.5
    top, left, bottom, right = extent(~table)
    page, table = gray[top:bottom, left:right], table[top:bottom, left:right]
    filled: Gray = np.where(table, np.median(page[~table]), page)
    return filled


def _beside(sheet: Mask) -> Mask:
    """Return the table: not the sheet, nor ink on it.

    It is outside the outermost pixels of the sheet in their row or their column.
    """
    beside = np.zeros_like(sheet)
    for turned, outside in ((sheet, beside), (sheet.T, beside.T)):
        before, after = np.maximum.accumulate(turned, axis=1), np.maximum.accumulate(turned[:, ::-1], axis=1)[:, ::-1]
        outside |= ~(before & after)
    return beside
