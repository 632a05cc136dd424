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
from emnist_tui.learning.inference.sheet import sheet_in
from emnist_tui.learning.inference.tilt import AT_AN_ANGLE, is_tilted
from emnist_tui.runs.errors import EmnistTuiError

_SMALLEST = 8
"""Shortest side of a picture that can show a digit on paper, in pixels."""
_WORKING = 400
"""Longer side, in pixels, at which the digit is chosen."""
_FAINTEST_LINE = 6.0
"""Contrast, in levels of 255, from which lines across the page are removed."""


def find_digit(gray: Gray) -> NDArray[np.uint8]:
    """Extract the digit, framed as in EMNIST.

    Returns uint8 [28, 28], upright, 255 is ink. Raises `EmnistTuiError` if the picture shows no digit, several, or one
    at an angle; its message is a predicate that follows the name of the picture.
    """
    if min(gray.shape) < _SMALLEST:
        raise EmnistTuiError(f"shows no digit: it is less than {_SMALLEST} pixels wide or high; take a larger picture.")
    page = shrunk(sheet_in(gray), _WORKING)
    ink = separate_ink(page)
    contrast = without_lines(ink.contrast, max(_FAINTEST_LINE, 2 * ink.noise))
    mask = contrast > ink.threshold
    if not mask.any():  # the line is the digit
        contrast, mask = ink.contrast, ink.mask
    digit = choose_digit(contrast, mask)
    if is_tilted(page, digit):
        raise EmnistTuiError(AT_AN_ANGLE)
    return frame(np.where(mask & ~digit, 0, contrast), digit)
