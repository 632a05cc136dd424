"""Small changes of a digit: shifts, turns, and thinner or thicker strokes."""

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.network import Array

Image = NDArray[np.uint8]
"""uint8 [rows, columns], 255 is ink."""

_NEIGHBORS = ((-1, 0), (1, 0), (0, -1), (0, 1))


def shifted(image: Image, down: float, right: float) -> Image:
    """Shift an image by pixels, which may be fractions; paper moves in."""
    rows, columns = _places(image)
    return _as_image(_sampled(image, rows - down, columns - right))


def turned(image: Image, degrees: float) -> Image:
    """Turn an image clockwise around its middle; paper moves in."""
    rows, columns = _places(image)
    middle = (np.asarray(image.shape) - 1) / 2
    down, right = rows - middle[0], columns - middle[1]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return _as_image(
        _sampled(image, middle[0] + cosine * down - sine * right, middle[1] + sine * down + cosine * right)
    )


def thickened(image: Image, pixels: float) -> Image:
    """Move the strokes' outline outward, or inward if negative.

    By gray dilation and erosion with the four neighbors of each pixel; a fraction blends two of them.
    """
    whole = int(abs(pixels))
    ink: Array = image.astype(np.float64)
    for _ in range(whole):
        ink = _grown(ink, is_outward=pixels > 0)
    part = abs(pixels) - whole
    if part:
        ink = (1 - part) * ink + part * _grown(ink, is_outward=pixels > 0)
    return _as_image(ink)


def _grown(ink: Array, *, is_outward: bool) -> Array:
    """Return the darkest, or lightest, of each pixel and its four neighbors."""
    extreme = np.maximum if is_outward else np.minimum
    padded = np.pad(ink, 1)
    rows, columns = ink.shape
    result = ink
    for down, right in _NEIGHBORS:
        result = extreme(result, padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns])
    return np.asarray(result)


def _places(image: Image) -> tuple[Array, Array]:
    """Return the row and the column of each pixel."""
    rows, columns = np.meshgrid(*(np.arange(size, dtype=np.float64) for size in image.shape), indexing="ij")
    return rows, columns


def _sampled(image: Image, rows: Array, columns: Array) -> Array:
    """Interpolate linearly at places between pixels; outside is paper."""
    padded = np.pad(image.astype(np.float64), 1)
    rows, columns = (np.clip(at + 1, 0, size + 1) for at, size in zip((rows, columns), image.shape, strict=True))
    top = np.minimum(rows.astype(np.intp), image.shape[0])
    left = np.minimum(columns.astype(np.intp), image.shape[1])
    down, right = rows - top, columns - left
    above = padded[top, left] * (1 - right) + padded[top, left + 1] * right
    below = padded[top + 1, left] * (1 - right) + padded[top + 1, left + 1] * right
    return np.asarray(above * (1 - down) + below * down)


def _as_image(ink: Array) -> Image:
    return np.asarray(np.clip(np.rint(ink), 0, 255), np.uint8)
