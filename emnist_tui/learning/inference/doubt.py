"""Refusal of touching and of turned digits, by the network itself."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.inference.framing import frame
from emnist_tui.learning.inference.raster import Gray, extent, resized
from emnist_tui.runs.errors import EmnistTuiError

Classify: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""Probabilities, float64 [count, 10], of framed images, uint8 [count, 28, 28]."""

_ENLARGED = 4
"""Factor by which an image is enlarged before it is cut or turned."""
_INK = 100
"""Brightness, of 255, from which a pixel is ink."""
_CUTS = np.linspace(0.25, 0.75, 9)
"""Places where two digits may touch, in widths of the ink."""
_THIN, _TALL = 0.3, 0.55
"""Most ink at a cut, and least height of what it leaves, in heights of the ink."""
_HALVES = 0.9
"""Least confidence in both halves."""
_WIDER = 0.17
"""Least excess of two digits' width, in heights, over the confidence in them as one."""
_ANGLES = [angle for angle in range(-165, 181, 15) if abs(angle) >= 30]
_UNSURE, _TURNED = 0.5, 0.95
"""Confidence below which a digit may be turned, and least confidence in it when turned back."""


def reject_doubtful(image: NDArray[np.uint8], confidence: float, classify: Classify) -> None:
    """Raise `EmnistTuiError` if the image shows two digits, or a turned one.

    Two digits are wider than one, less certain, and both halves are clear digits; a turned digit is uncertain, and
    clear once it is turned. A poor network is never that certain, and so refuses nothing. `image` is framed, uint8
    [28, 28], and `confidence` the greatest probability of a digit in it; the message is a predicate that follows the
    name of the picture.
    """
    ink = resized(image.astype(np.float32), (0, 0, *image.shape), *(_ENLARGED * side for side in image.shape))
    top, left, bottom, right = extent(ink > _INK)
    if (right - left) / (bottom - top) - confidence > _WIDER:
        halves = np.array([frame(half, half > _INK) for pair in _halves(ink) for half in pair])
        if len(halves) and classify(halves).max(axis=1).reshape(-1, 2).min(axis=1).max() > _HALVES:
            raise EmnistTuiError("shows two digits that touch; crop it to one digit.")
    if confidence < _UNSURE and classify(np.array(list(_turned(ink)))).max() > _TURNED:
        raise EmnistTuiError("shows a digit that seems turned; turn the picture upright.")


def _halves(ink: Gray) -> Iterator[tuple[Gray, Gray]]:
    """Yield the two sides of every cut that may part two digits."""
    top, left, bottom, right = extent(ink > _INK)
    for cut in (left + _CUTS * (right - left)).astype(int):
        before, after = ink.copy(), ink.copy()
        before[:, cut:] = after[:, :cut] = 0
        across = (ink[:, cut - 1 : cut + 1] > _INK).any(axis=1).sum() / (bottom - top)
        heights = [(half > _INK).any(axis=1).sum() / (bottom - top) for half in (before, after)]
        if across < _THIN and min(heights) > _TALL:
            yield before, after


def _turned(ink: Gray) -> Iterator[NDArray[np.uint8]]:
    from PIL import Image

    picture = Image.fromarray(ink)
    for angle in _ANGLES:
        turned = np.asarray(picture.rotate(angle, Image.Resampling.BICUBIC, expand=True))
        yield frame(turned, turned > _INK)
