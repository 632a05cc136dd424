"""From a picture of a digit to what a network takes: EMNIST's own processing, after the ink is told from the paper.

The paper may be lit unevenly and be light or dark; the digit may be of any size and anywhere, but it is the only one.
"""

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from emnist_tui.runs.errors import EmnistTuiError

Gray: TypeAlias = NDArray[np.float32]
"""float32 [height, width], brightness, 0 to 255."""
Mask: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
_Scalar = TypeVar("_Scalar", bound=np.generic)

SIDE = 28
_MARGIN = 2
"""Pixels of paper that EMNIST leaves on each side of the digit's longer extent."""
_SMALLEST = 8
"""Pixels of the shorter side of a picture that can show a digit on paper."""
_WORKING = 192
"""Pixels of the longer side at which ink is looked for: more than the 128 of NIST's scans, of which EMNIST is made."""
_SAMPLE = 8192
"""Pixels of which about so many tell what paper is."""
_SOFTNESS = 0.5
"""Standard deviation in pixels of the blur of a stroke's edge in EMNIST's digits, as `_measure` has it: their mean."""
_THINNEST = 2.0
"""Pixels that a stroke is made wide at least: with a thinner pen than EMNIST's writers had, fewer are recognized."""
_HALF_EXTENT = 22.0
"""Pixels of the longer extent of EMNIST's digits where they are at least half as dark as can be: their mean."""
_EDGE = 0.1
"""Share of full ink from which on EMNIST's digits are `SIDE - 2 * _MARGIN` pixels long."""
_FAINTEST = 6.0
"""Levels of 255 by which ink must at least differ from paper."""
_CLEARLY = 5.0
"""Times the noise of the paper by which it must at least differ."""
_SPECK = 0.03
"""Share of the largest blot's ink below which another is dirt."""


@dataclass(frozen=True, eq=False)
class _Inked:
    """Ink told from paper."""

    ink: Gray
    """float32 [height, width], how much darker than the paper (lighter, on dark paper); 0 is paper."""
    mask: Mask
    """bool [height, width], where there certainly is ink."""


def find_digit(gray: Gray) -> NDArray[np.uint8]:
    """The digit as EMNIST has its own: uint8 [28, 28], upright, 255 is ink.

    As Cohen, Afshar, Tapson and van Schaik, "EMNIST: an extension of MNIST to handwritten letters" (2017,
    arXiv:1702.05373), section II: blur, crop to the ink, center in a square with the aspect kept and two pixels of
    margin, bi-cubic to 28×28, stretch to 0..255. Their blur, sigma 1 at NIST's 128×128, is applied only as far as the
    picture is sharper than their digits are, and strokes much thinner than theirs are thickened before. Raises
    `EmnistTuiError` when there is no ink; its sentence is to follow the picture's name.
    """
    if min(gray.shape) < _SMALLEST:
        raise EmnistTuiError(f"it is less than {_SMALLEST} pixels wide or high; take a larger picture.")
    is_dark = _is_ink_dark(gray)
    coarse, scale = _shrunk(gray)
    box = np.asarray(_extent(_tell_ink(coarse, is_dark).mask)) * scale
    close, _ = _shrunk(_around(gray, box))
    return _frame(_tell_ink(close, is_dark))


def _shrunk(gray: Gray) -> tuple[Gray, float]:
    """The picture with a longer side of at most `_WORKING`, and how many of its pixels one of those was."""
    scale = max(1.0, max(gray.shape) / _WORKING)
    rows, columns = (max(1, round(size / scale)) for size in gray.shape)
    return (_resized(gray, (0, 0, *gray.shape), rows, columns) if scale > 1 else gray), scale


def _around(gray: Gray, box: NDArray[np.float64]) -> Gray:
    """The part of the picture with the box (top, left, bottom, right) and as much paper as tells what paper is."""
    top, left, bottom, right = box
    margin = 3 + 0.3 * max(bottom - top, right - left)
    rows = slice(max(0, int(top - margin)), int(np.ceil(bottom + margin)))
    columns = slice(max(0, int(left - margin)), int(np.ceil(right + margin)))
    return gray[rows, columns]


def _is_ink_dark(gray: Gray) -> bool:
    """Whether what differs from the border's paper is darker than it."""
    small, _ = _shrunk(gray)
    difference = small - _paper(small)
    size = np.abs(difference)
    return bool(difference[size > _otsu(size)].sum() < 0)


def _tell_ink(gray: Gray, is_dark: bool) -> _Inked:
    """Raises `EmnistTuiError` where nothing stands out from the paper."""
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
    """The brightness of the paper at every pixel: a quadratic surface, from the border first, then from all paper.

    A robust fit, iteratively reweighted least squares with Cauchy's weights (Holland and Welsch 1977), so that ink and
    what lies on the border count little.
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
    """The factors, float64 [6], of the terms, float64 [pixels, 6], of which most values are the sum."""
    off: Floats = np.zeros(len(values)) if start is None else values - terms @ start
    for _ in range(6):
        weights = 1 / (1 + (off / (2.385 * max(1.0, _spread(off)))) ** 2)
        weighted = terms * weights[:, None]
        # A little of each pixel holds a factor at nothing where the pixels do not tell it.
        factors = np.linalg.solve(terms.T @ weighted + 1e-6 * len(values) * np.eye(6), weighted.T @ values)
        off = values - terms @ factors
    return np.asarray(factors, np.float64)


def _spread(differences: NDArray[np.floating]) -> float:
    """The standard deviation of the normal distribution that has this median absolute deviation from zero."""
    return 1.4826 * float(np.median(np.abs(differences)))


def _otsu(values: NDArray[np.floating]) -> float:
    """The threshold that parts the values best in two classes, the values above it and the others.

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
    """Without the blots that have much less ink than the largest."""
    labels = _blots(mask)
    amounts = np.bincount(labels.ravel(), ink.ravel() * mask.ravel())
    kept: Mask = mask & (amounts >= _SPECK * amounts.max())[labels]
    return kept


def _blots(mask: Mask) -> NDArray[np.intp]:
    """A number for every pixel, the same for those of the mask that touch, diagonally too.

    Each takes the largest number around it and then that number's own, until nothing changes: few rounds, as in
    Shiloach and Vishkin's parallel algorithm (1982).
    """
    labels = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        largest = _largest_around(labels, 1) * mask
        largest = np.append(0, largest.ravel())[largest]
        if np.array_equal(largest, labels):
            return labels
        labels = largest


def _largest_around(values: NDArray[_Scalar], reach: int) -> NDArray[_Scalar]:
    """The largest value in the square of `reach` pixels around each, where beyond the edges there are zeros."""
    for _ in range(2):
        padded = np.pad(values, ((reach, reach), (0, 0)))
        values = np.max([padded[at : at + len(values)] for at in range(2 * reach + 1)], axis=0).T
    return values


def _extent(mask: Mask) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of what is in the mask, the latter two exclusive."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _frame(inked: _Inked) -> NDArray[np.uint8]:
    ink = inked.ink / np.percentile(inked.ink[inked.mask], 98)
    top, left, bottom, right = _extent(inked.mask & (ink >= 0.5))
    pixel = max(bottom - top, right - left) / _HALF_EXTENT  # of the result, in pixels of the picture
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
    """The area of ink in 0..1, the length of its edges, and the integral of ink · (1 - ink), in pixels.

    The length is the total variation, however much the edges are blurred (the coarea formula). Twice the area by the
    length is the mean width of a stroke. Across an edge blurred by a Gaussian, ink · (1 - ink) has the integral
    sigma / sqrt(pi): so that of all the ink by the length gives sigma.
    """
    down, across = np.diff(ink, axis=0)[:, :-1], np.diff(ink, axis=1)[:-1]
    length = float(np.sqrt(down**2 + across**2).sum())
    return float(ink.sum()), max(length, 1e-6), float((ink * (1 - ink)).sum())


def _blurred(values: Gray, sigma: float) -> Gray:
    """By a Gaussian, its tails cut at three sigma."""
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
    """The box scaled to fit and centered, bi-cubic, stretched to 0..255."""
    top, left, bottom, right = box
    pixel = max(bottom - top, right - left) / (SIDE - 2 * _MARGIN)
    half = SIDE / 2 * pixel
    y, x = (top + bottom) / 2, (left + right) / 2
    pad = int(np.ceil(half)) + 1
    placed = _resized(np.pad(ink, pad), (y - half + pad, x - half + pad, y + half + pad, x + half + pad), SIDE, SIDE)
    return np.asarray(np.rint(255 * (placed / placed.max()).clip(0, 1)), np.uint8)


def _resized(values: Gray, box: tuple[float, ...], rows: int, columns: int) -> Gray:
    """The part of the picture in a box (top, left, bottom, right), by bi-cubic interpolation, smoothed to shrink."""
    from PIL import Image

    top, left, bottom, right = box
    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    resized = picture.resize((columns, rows), Image.Resampling.BICUBIC, box=(left, top, right, bottom))
    return np.asarray(resized, np.float32)
