"""Removal of lines that run across a page, as on ruled paper."""

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.inference.raster import (
    Gray,
    Mask,
    along_rows,
    closed_along_rows,
    components,
    extent,
    opened_along_rows,
    resized,
)

_LONG = 0.6
"""Length of a line, in widths of the picture."""
_SPANNING = 0.94
"""Share of the picture that a single line crosses; several may be shorter."""
_SEVERAL = 3
_THIN = 0.025
"""Greatest width of a line, in longer sides of the picture."""
_STEEPEST = 0.08
"""Greatest slope of a line to the picture's sides."""
_COLUMNS = 100
"""Greatest number of columns in which lines are sought; more are averaged."""
_DARKER = 1.5
"""Contrast of a stroke across a line, in contrasts of the line."""


def without_lines(contrast: Gray, faintest: float) -> Gray:
    """Remove lines across the picture, and close strokes that cross them.

    `contrast` is 0 on paper; lines fainter than `faintest` stay.
    """
    for _ in range(2):
        contrast = _without_horizontal_lines(contrast, faintest).T
    return contrast


def _without_horizontal_lines(contrast: Gray, faintest: float) -> Gray:
    length = int(_LONG * contrast.shape[1])
    thick = round(_THIN * max(contrast.shape)) + 2
    if length < 2 * thick:
        return contrast
    line = _lines(contrast, length, faintest)
    line -= opened_along_rows(line.T, thick).T
    mask = _crossing(line > faintest)
    if not mask.any():
        return contrast
    kept = np.where(mask & (contrast < _DARKER * line), 0, contrast)
    return np.where(mask, closed_along_rows(kept.T, thick).T, kept)


def _lines(contrast: Gray, length: int, faintest: float) -> Gray:
    """Keep what has ink for `length` pixels along any nearly horizontal line."""
    columns = contrast.shape[1]
    factor = 1 + columns // _COLUMNS
    narrow = resized(contrast, (0, 0, *contrast.shape), len(contrast), -(-columns // factor))
    wide = along_rows(narrow.clip(0, 255).astype(np.uint8).T, 3).T  # a line may wander by a pixel
    found = np.zeros_like(wide)
    step = 2 / length
    count = int(_STEEPEST / step)
    for slope in (factor * step * number for number in range(-count, count + 1)):
        line = opened_along_rows(_sheared(wide, slope), length // factor)
        if line.max() > faintest:
            found = np.maximum(found, _sheared(line, -slope))
    return found.repeat(factor, axis=1)[:, :columns].astype(np.float32)


def _sheared(values: NDArray[np.uint8], slope: float) -> NDArray[np.uint8]:
    """Shift columns down to give horizontal lines a slope; zeros come in."""
    height, width = values.shape
    shift = np.rint(slope * (np.arange(width) - (width - 1) / 2)).astype(np.intp)
    most = int(np.abs(shift).max())
    padded = np.pad(values, ((most, most), (0, 0)))
    rows = np.arange(most, most + height)[:, None] - shift
    sheared: NDArray[np.uint8] = padded[rows, np.arange(width)]
    return sheared


def _crossing(mask: Mask) -> Mask:
    """Keep lines that cross the picture, or all of several."""
    labels, count = components(mask)
    boxes = [extent(labels == label) for label in range(1, count + 1)]
    lengths = np.array([0, *(right - left for _, left, _, right in boxes)]) / mask.shape[1]
    if (lengths >= _LONG).sum() >= _SEVERAL:
        return mask
    crossing: Mask = (lengths >= _SPANNING)[labels]
    return crossing
