"""Framing of a digit's ink as in EMNIST."""

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.inference.raster import Box, Gray, Mask, blurred, extent, largest_around, resized
from emnist_tui.runs.task import SIDE

_MARGIN = 2
"""EMNIST's margin on each side of the digit's longer extent, in pixels."""
_SOFTNESS = 0.5
"""Mean blur of the stroke edges of EMNIST's digits: a standard deviation in pixels, from `_measure`."""
_THINNEST = 2.0
"""Least stroke width, in pixels: digits by a thinner pen than that of EMNIST's writers are recognized less often."""
_HALF_EXTENT = 22.0
"""Mean of the longer extent of EMNIST's digits, in pixels, where ink is at least half of full."""
_EDGE = 0.1
"""Share of full ink at whose contour EMNIST's digits are `SIDE - 2 * _MARGIN` pixels long."""
_WORKING = 192
"""Longer side, in pixels, at which a digit is framed: more than the 128 of NIST's scans, the source of EMNIST."""


def frame(ink: Gray, mask: Mask) -> NDArray[np.uint8]:
    """Thicken, blur and place the ink as in EMNIST's digits.

    `ink` is 0 on paper; `mask`, not empty, has the pixels that certainly are the digit's. Returns uint8 [28, 28], 255
    is ink. After Cohen, Afshar, Tapson and van Schaik, "EMNIST: an extension of MNIST to handwritten letters" (2017,
    arXiv:1702.05373), section II: blur, crop to the ink, center in a square with the aspect ratio kept and two pixels
    of margin, bi-cubic to 28×28, stretch to 0..255. Their blur, sigma 1 at NIST's 128×128, is applied only as far as
    the ink is sharper than their digits, and much thinner strokes are thickened first.
    """
    ink = ink / np.percentile(ink[mask], 98)
    top, left, bottom, right = extent(mask & (ink >= 0.5))
    pixel = max(bottom - top, right - left) / _HALF_EXTENT  # size of a pixel of the result, in pixels of the picture
    halo = max(1, round(1.6 * pixel))
    near = largest_around(np.pad(mask, 3 * halo + 1), halo)
    ink = np.where(near, np.pad(ink, 3 * halo + 1), 0).clip(0, 1)
    area, length, softness = _measure(ink)
    thin = round((_THINNEST * pixel - 2 * area / length) / 2)
    ink = largest_around(ink, max(0, thin))
    ink = blurred(ink, max(0.0, (_SOFTNESS * pixel) ** 2 - (np.pi**0.5 * softness / length) ** 2) ** 0.5)
    ink /= ink.max()
    return _placed(ink, extent(ink >= _EDGE))


def _measure(ink: Gray) -> tuple[float, float, float]:
    """Measure the area, edge length and softness of ink in 0..1.

    The softness is the integral of ink · (1 - ink); all are in pixels. The length is the total variation, which does
    not depend on the blur (the coarea formula). Twice the area divided by the length is the mean stroke width. Across
    an edge blurred by a Gaussian, ink · (1 - ink) integrates to sigma / sqrt(pi), so that the total integral divided by
    the length gives sigma.
    """
    down, across = np.diff(ink, axis=0)[:, :-1], np.diff(ink, axis=1)[:-1]
    length = float(np.sqrt(down**2 + across**2).sum())
    return float(ink.sum()), max(length, 1e-6), float((ink * (1 - ink)).sum())


def _placed(ink: Gray, box: Box) -> NDArray[np.uint8]:
    """Scale the box to fit, center it, and stretch the values.

    Interpolation is bi-cubic; the values become 0..255.
    """
    top, left, bottom, right = box
    pixel = max(bottom - top, right - left) / (SIDE - 2 * _MARGIN)
    half = SIDE / 2 * pixel
    y, x = (top + bottom) / 2, (left + right) / 2
    pad = int(np.ceil(half)) + 1
    placed = resized(np.pad(ink, pad), (y - half + pad, x - half + pad, y + half + pad, x + half + pad), SIDE, SIDE)
    return np.asarray(np.rint(255 * (placed / placed.max()).clip(0, 1)), np.uint8)
