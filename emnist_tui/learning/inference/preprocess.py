"""Conversion of a picture of a digit to network input.

Ink is separated from paper, the digit chosen among all ink, then processed as EMNIST processed its own scans. The paper
may be light or dark, unevenly lit, ruled or framed; the digit may have any size and place, but must be the only one.
"""

import numpy as np
from numpy.typing import NDArray

from emnist_tui.learning.inference.blots import choose_digit
from emnist_tui.learning.inference.framing import frame
from emnist_tui.learning.inference.ink import separate_ink
from emnist_tui.learning.inference.lines import without_lines
from emnist_tui.learning.inference.raster import Gray, shrunk
from emnist_tui.runs.errors import EmnistTuiError

__all__ = ["Gray", "find_digit"]

_SMALLEST = 8
"""Shortest side of a picture that can show a digit on paper, in pixels."""
_WORKING = 400
"""Longer side, in pixels, at which the digit is chosen."""


def find_digit(gray: Gray) -> NDArray[np.uint8]:
    """Extract the digit, framed as in EMNIST.

    Returns uint8 [28, 28], upright, 255 is ink. Raises `EmnistTuiError` if the picture shows no digit, several, or one
    at an angle; its message is a predicate that follows the name of the picture.
    """
    if min(gray.shape) < _SMALLEST:
        raise EmnistTuiError(f"shows no digit: it is less than {_SMALLEST} pixels wide or high; take a larger picture.")
    ink = separate_ink(shrunk(gray, _WORKING))
    contrast = without_lines(ink.contrast, max(6.0, 2 * ink.noise))
    mask = contrast > ink.threshold
    if not mask.any():
        contrast, mask = ink.contrast, ink.mask
    digit = choose_digit(contrast, mask)
    return frame(np.where(mask & ~digit, 0, contrast), digit)
