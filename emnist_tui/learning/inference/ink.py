"""Separation of ink from paper, however the paper is lit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.inference.raster import (
    Gray,
    Mask,
    blurred,
    closed,
    components,
    extent,
    largest_around,
    otsu,
    resized,
    shrunk,
)
from emnist_tui.runs.errors import EmnistTuiError

_WIDEST = 0.17
"""Half the width of the widest stroke, in shorter sides of the picture; what is wider is paper, table or shadow."""
_GAIN = 3.0
"""Most that ink in a shadow is amplified, so that a dark table's grain stays faint."""
_COARSE, _COARSEST = 72, 24
"""Longer side, in pixels, at which strokes are compared with their surroundings, and at which those are found."""
_GRAINY = 200
"""Shorter side, in pixels, of a picture whose grain is blurred by a pixel before its paper is found."""
_SHARP = 0.02
"""Standard deviation of the blur that leaves light as it is and not ink, in shorter sides of the picture."""
_HALO = 0.02
"""Width of the blur around what touches the sides, in longer sides of the picture."""
_STROKE = 0.08
"""Least extent of a stroke that is fainter than what touches the sides, in longer sides of the picture."""
_FAINTEST = 6.0
"""Least difference between ink and paper, in levels of 255."""
_CLEARLY = 5.0
"""Least difference between ink and paper, in multiples of the paper's noise."""


@dataclass(frozen=True, eq=False)
class Ink:
    """Ink separated from paper."""

    contrast: Gray
    """Difference from the paper, float32 [height, width], in levels of full light; 0 is paper."""
    threshold: float
    """Contrast above which a pixel certainly is ink."""
    noise: float
    """Standard deviation of the paper's contrast."""
    paper: Gray
    """Brightness of the paper at every pixel, 255 minus it where the ink is light."""

    @property
    def mask(self) -> Mask:
        """Pixels that certainly are ink, bool [height, width]."""
        certain: Mask = self.contrast > self.threshold
        return certain


def separate_ink(gray: Gray) -> Ink:
    """Separate ink from paper.

    The paper is what remains when all dark that is narrower than a stroke can be is filled (a morphological closing):
    shadows and their edges stay paper. Their ink is amplified as much as they are darkened. Raises `EmnistTuiError` if
    nothing stands out from the paper.
    """
    dark = gray if _is_ink_dark(gray) else 255 - gray
    paper = closed(blurred(dark, min(1.0, min(gray.shape) / _GRAINY)), _reach(gray))
    light = float(np.median(paper))
    contrast = np.asarray((paper - dark) * (light / paper.clip(max(light / _GAIN, 1.0), None)), np.float32)
    contrast -= np.median(contrast)  # the closing passes over the noise
    threshold = otsu(contrast.clip(0, None))
    noise = spread(contrast[contrast <= threshold])
    threshold = _inner_threshold(contrast, max(threshold, 3 * noise), max(_FAINTEST, 3 * noise))
    mask = contrast > threshold
    least = max(_FAINTEST, _CLEARLY * noise)
    sharp = blurred(contrast, 1.0) - blurred(contrast, _SHARP * min(gray.shape))
    if not mask.any() or contrast[mask].mean() < least or sharp.max() < least / 2:
        raise EmnistTuiError(
            "shows no digit: nothing stands out from the paper; "
            "take a picture of one digit, evenly lit and with more contrast."
        )
    return Ink(contrast.clip(0, None).astype(np.float32), threshold, noise, paper)


def _inner_threshold(contrast: Gray, threshold: float, least: float) -> float:
    """Lower a threshold for ink fainter than what touches the sides.

    A scan's black edge would hide a pencil's strokes. The threshold stays where no stroke is within the sides.
    """
    mask = contrast > threshold
    edge = mask & ~_inner(mask)
    if not edge.any():
        return threshold
    near = largest_around(edge, round(_HALO * max(contrast.shape)) + 1)
    inner = np.where(near, 0, contrast).clip(0, None)
    lower = max(otsu(inner), least)
    strokes = _inner(inner > lower)
    labels, count = components(strokes)
    largest = np.bincount(labels[strokes]).argmax() if count else 0
    if lower >= threshold or not count:
        return threshold
    top, left, bottom, right = extent(labels == largest)
    return lower if max(bottom - top, right - left) > _STROKE * max(contrast.shape) else threshold


def spread(differences: NDArray[np.floating]) -> float:
    """Estimate the standard deviation from the median absolute deviation from zero."""
    return 1.4826 * float(np.median(np.abs(differences)))


def _reach(gray: Gray) -> int:
    return max(2, round(_WIDEST * int(min(gray.shape))))


def _surroundings(gray: Gray) -> Gray:
    """Return the median brightness of a wide window around each coarse pixel."""
    from PIL import Image, ImageFilter

    small = shrunk(gray, _COARSEST)
    reach = max(small.shape) // 3
    padded = Image.fromarray(np.pad(small.clip(0, 255).astype(np.uint8), reach, mode="symmetric"))
    median = np.asarray(padded.filter(ImageFilter.MedianFilter(2 * reach + 1)), np.float32)
    return median[reach : reach + small.shape[0], reach : reach + small.shape[1]]


def _is_ink_dark(gray: Gray) -> bool:
    """Return whether the strokes are darker than the paper around them.

    The paper inside a loop is narrow too, but as bright as that around: only what also differs from the surroundings
    is evidence.
    """
    small = shrunk(gray, _COARSE)
    surroundings = _surroundings(gray)
    above = small - resized(surroundings, (0, 0, *surroundings.shape), *small.shape)
    reach = _reach(small)
    dark = np.minimum(closed(small, reach) - small, -above)
    light = np.minimum(closed(-small, reach) + small, above)
    least = otsu(np.maximum(dark, light).clip(0, None)) / 2
    if _inner(dark > least).any():  # corners beyond a round shadow are light, and no ink
        return float(dark[dark > least].sum()) >= float(light[_inner(light > least)].sum())
    return float(dark[dark > least].sum()) >= float(light[light > least].sum())


def _inner(mask: Mask) -> Mask:
    """Remove the components that touch a side of the picture."""
    labels, _ = components(mask)
    outer = np.concatenate([labels[[0, -1]].ravel(), labels[:, [0, -1]].ravel()])
    inner: Mask = mask & ~np.isin(labels, outer)
    return inner
