"""Conversion of a picture of a digit to network input.

Ink is separated from paper, then processed as EMNIST processed its own scans. The paper may be light or dark and
unevenly lit; the digit may have any size and place, but must be the only one.
"""

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import SIDE

Gray: TypeAlias = NDArray[np.float32]
"""Brightness, float32 [height, width], 0 to 255."""
Mask: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
_Scalar = TypeVar("_Scalar", bound=np.generic)

_MARGIN = 2
"""EMNIST's margin on each side of the digit's longer extent, in pixels."""
_SMALLEST = 8
"""Shortest side of a picture that can show a digit on paper, in pixels."""
_WORKING = 192
"""Longer side, in pixels, at which ink is detected: more than the 128 of NIST's scans, the source of EMNIST."""
_SAMPLE = 8192
"""Approximate number of pixels to which the paper's brightness is fitted."""
_SOFTNESS = 0.5
"""Mean blur of the stroke edges of EMNIST's digits: a standard deviation in pixels, from `_measure`."""
_THINNEST = 2.0
"""Least stroke width, in pixels: digits by a thinner pen than that of EMNIST's writers are recognized less often."""
_HALF_EXTENT = 22.0
"""Mean of the longer extent of EMNIST's digits, in pixels, where ink is at least half of full."""
_EDGE = 0.1
"""Share of full ink at whose contour EMNIST's digits are `SIDE - 2 * _MARGIN` pixels long."""
_FAINTEST = 6.0
"""Least difference between ink and paper, in levels of 255."""
_CLEARLY = 5.0
"""Least difference between ink and paper, in multiples of the paper's noise."""
_SPECK = 0.03
"""Share of the largest component's ink below which another component is dirt."""


@dataclass(frozen=True, eq=False)
class _Inked:
    """Ink separated from paper."""

    ink: Gray
    """Difference from the paper, float32 [height, width]; 0 is paper."""
    mask: Mask
    """Pixels that certainly are ink, bool [height, width]."""


def find_digit(gray: Gray) -> NDArray[np.uint8]:
    """Extract the digit, framed as in EMNIST.

    Returns uint8 [28, 28], upright, 255 is ink. After Cohen, Afshar, Tapson and van Schaik, "EMNIST: an extension of
    MNIST to handwritten letters" (2017, arXiv:1702.05373), section II: blur, crop to the ink, center in a square with
    the aspect ratio kept and two pixels of margin, bi-cubic to 28×28, stretch to 0..255. Their blur, sigma 1 at NIST's
    128×128, is applied only as far as the picture is sharper than their digits, and much thinner strokes are thickened
    first. Raises `EmnistTuiError` if there is no ink; its message is a clause that follows the name of the picture.
    """
    if min(gray.shape) < _SMALLEST:
        raise EmnistTuiError(f"it is less than {_SMALLEST} pixels wide or high; take a larger picture.")
    is_dark = _is_ink_dark(gray)
    coarse, scale = _shrunk(gray)
    box = np.asarray(_extent(_separate_ink(coarse, is_dark).mask)) * scale
    close, _ = _shrunk(_around(gray, box))
    return _frame(_separate_ink(close, is_dark))


def _shrunk(gray: Gray) -> tuple[Gray, float]:
    """Reduce the longer side to at most `_WORKING` pixels.

    Returns the reduced picture and the scale factor, at least 1.
    """
    scale = max(1.0, max(gray.shape) / _WORKING)
    rows, columns = (max(1, round(size / scale)) for size in gray.shape)
    return (_resized(gray, (0, 0, *gray.shape), rows, columns) if scale > 1 else gray), scale


def _around(gray: Gray, box: NDArray[np.float64]) -> Gray:
    """Crop to (top, left, bottom, right) and some paper around it."""
    top, left, bottom, right = box
    margin = 3 + 0.3 * max(bottom - top, right - left)
    rows = slice(max(0, int(top - margin)), int(np.ceil(bottom + margin)))
    columns = slice(max(0, int(left - margin)), int(np.ceil(right + margin)))
    return gray[rows, columns]


def _is_ink_dark(gray: Gray) -> bool:
    """Return whether the ink is darker than the paper of the border."""
    small, _ = _shrunk(gray)
    difference = small - _paper(small)
    size = np.abs(difference)
    return bool(difference[size > _otsu(size)].sum() < 0)


def _separate_ink(gray: Gray, is_dark: bool) -> _Inked:
    """Separate ink from paper.

    Raises `EmnistTuiError` if nothing stands out from the paper.
    """
    difference = _paper(gray) - gray if is_dark else gray - _paper(gray)
    ink = np.maximum(difference, 0)
    threshold = _otsu(ink)
    noise = _spread(difference[ink <= threshold])
    mask = _without_specks(ink > max(threshold, 3 * noise), ink)
    if not mask.any() or ink[mask].mean() < max(_FAINTEST, _CLEARLY * noise):
        raise EmnistTuiError(
            "nothing stands out from the paper; take a picture of one digit, evenly lit and with more contrast."
        )
    return _Inked(ink, mask)


def _paper(gray: Gray) -> Gray:
    """Estimate the brightness of the paper at every pixel.

    A quadratic surface is fitted to the border, then to all pixels near it. The fit is iteratively reweighted least
    squares with Cauchy's weights (Holland and Welsch 1977), so that ink and objects on the border count little.
    """
    height, width = gray.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    rim = max(1, round(0.03 * min(height, width)))
    border = np.ones(gray.shape, bool)
    border[rim:-rim, rim:-rim] = False
    brightness = gray.astype(np.float64)
    level = np.array([np.median(brightness[border]), 0, 0, 0, 0, 0])
    off = np.abs(brightness - terms @ _fitted(terms[border], brightness[border], level))
    step = max(1, round((height * width / _SAMPLE) ** 0.5))
    some = np.zeros(gray.shape, bool)
    some[::step, ::step] = True
    some &= off <= _otsu(off)
    known = some if some.any() else border
    return np.asarray(terms @ _fitted(terms[known], brightness[known]), np.float32)


def _fitted(terms: Floats, values: Floats, start: Floats | None = None) -> Floats:
    """Fit the coefficients of the terms to the values.

    The terms are float64 [pixels, 6], the coefficients float64 [6].
    """
    off: Floats = np.zeros(len(values)) if start is None else values - terms @ start
    for _ in range(6):
        weights = 1 / (1 + (off / (2.385 * max(1.0, _spread(off)))) ** 2)
        weighted = terms * weights[:, None]
        # A small ridge keeps a coefficient near zero where the pixels do not determine it.
        coefficients = np.linalg.solve(terms.T @ weighted + 1e-6 * len(values) * np.eye(6), weighted.T @ values)
        off = values - terms @ coefficients
    return np.asarray(coefficients, np.float64)


def _spread(differences: NDArray[np.floating]) -> float:
    """Estimate the standard deviation from the median absolute deviation from zero."""
    return 1.4826 * float(np.median(np.abs(differences)))


def _otsu(values: NDArray[np.floating]) -> float:
    """Return the threshold that best separates the values into two classes.

    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979) 62-66.
    """
    if values.min() == values.max():
        return float(values.max())
    counts, edges = np.histogram(values, 256)
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = values.size - below
    sums = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    return float(edges[1 + np.nanargmax(between)])


def _without_specks(mask: Mask, ink: Gray) -> Mask:
    """Remove connected components with much less ink than the largest."""
    labels = _components(mask)
    amounts = np.bincount(labels.ravel(), ink.ravel() * mask.ravel())
    kept: Mask = mask & (amounts >= _SPECK * amounts.max())[labels]
    return kept


def _components(mask: Mask) -> NDArray[np.intp]:
    """Label the 8-connected components of a mask; 0 is outside it.

    Each pixel takes the largest label around it, and then that label's own label, until nothing changes: few rounds, as
    in Shiloach and Vishkin's parallel algorithm (1982).
    """
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        largest = _largest_around(labels, 1) * mask
        largest = np.append(0, largest.ravel())[largest]
        if np.array_equal(largest, labels):
            return labels
        labels = largest


def _largest_around(values: NDArray[_Scalar], reach: int) -> NDArray[_Scalar]:
    """Return the maximum around each pixel; zeros pad the edges.

    The maximum is over a square of `reach` pixels in each direction.
    """
    for _ in range(2):
        padded = np.pad(values, ((reach, reach), (0, 0)))
        values = np.max([padded[at : at + len(values)] for at in range(2 * reach + 1)], axis=0).T
    return values


def _extent(mask: Mask) -> tuple[int, int, int, int]:
    """Return top, left, and exclusive bottom and right of the mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _frame(inked: _Inked) -> NDArray[np.uint8]:
    """Thicken, blur and place the ink as in EMNIST's digits."""
    ink = inked.ink / np.percentile(inked.ink[inked.mask], 98)
    top, left, bottom, right = _extent(inked.mask & (ink >= 0.5))
    pixel = max(bottom - top, right - left) / _HALF_EXTENT  # size of a pixel of the result, in pixels of the picture
    halo = max(1, round(1.6 * pixel))
    ink = np.where(_largest_around(inked.mask, halo), ink, 0).clip(0, 1)
    ink = np.pad(ink, 2 * halo + 1)
    area, length, blurred = _measure(ink)
    thin = round((_THINNEST * pixel - 2 * area / length) / 2)
    ink = _largest_around(ink, max(0, thin))
    ink = _blurred(ink, max(0.0, (_SOFTNESS * pixel) ** 2 - (np.pi**0.5 * blurred / length) ** 2) ** 0.5)
    ink /= ink.max()
    return _placed(ink, _extent(ink >= _EDGE))


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


def _blurred(values: Gray, sigma: float) -> Gray:
    """Blur by a Gaussian, truncated at three sigma."""
    reach = int(np.ceil(3 * sigma))
    if sigma < 0.1:
        return values
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    weights /= weights.sum()
    for _ in range(2):
        padded = np.pad(values, ((reach, reach), (0, 0)))
        values = sum(weight * padded[at : at + len(values)] for at, weight in enumerate(weights)).T
    return values


def _placed(ink: Gray, box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Scale the box to fit, center it, and stretch the values.

    Interpolation is bi-cubic; the values become 0..255.
    """
    top, left, bottom, right = box
    pixel = max(bottom - top, right - left) / (SIDE - 2 * _MARGIN)
    half = SIDE / 2 * pixel
    y, x = (top + bottom) / 2, (left + right) / 2
    pad = int(np.ceil(half)) + 1
    placed = _resized(np.pad(ink, pad), (y - half + pad, x - half + pad, y + half + pad, x + half + pad), SIDE, SIDE)
    return np.asarray(np.rint(255 * (placed / placed.max()).clip(0, 1)), np.uint8)


def _resized(values: Gray, box: tuple[float, ...], rows: int, columns: int) -> Gray:
    """Resample a box (top, left, bottom, right) by bi-cubic interpolation.

    The interpolation is antialiased where it reduces.
    """
    from PIL import Image

    top, left, bottom, right = box
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    resized = picture.resize((columns, rows), Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    return np.asarray(resized, np.float32)
