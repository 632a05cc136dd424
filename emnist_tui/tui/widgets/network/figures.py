"""Figures of activations, weights and gradients, in few columns."""

import math
from collections.abc import Sequence

from emnist_tui.text.formats import UNKNOWN


def signed(value: float, digits: int = 2) -> str:
    """Format with a sign: `+1.13`; zero has none."""
    if not math.isfinite(value):
        return UNKNOWN
    if abs(value) >= 100_000:
        return f"{value:+.1e}".replace("e+0", "e").replace("e+", "e")
    rounded = round(value, digits) + 0.0
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def plain(value: float, digits: int = 2) -> str:
    """Format with a sign only below zero."""
    return signed(value, digits).removeprefix("+")


def grid(values: Sequence[Sequence[float]], width: int, most: int = 2) -> list[list[str]]:
    """Format the cells of a grid with equally many decimals.

    These are at most `most`. Such as `.57` and `-1.10`; `·` for what rounds to zero.
    """
    for digits in range(most, -1, -1):
        texts = [[_in_grid(value, digits) for value in row] for row in values]
        if all(len(text) <= width for row in texts for text in row):
            return texts
    return [[text if len(text) <= width else "+" * width for text in row] for row in texts]


def _in_grid(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return UNKNOWN
    if round(value, digits) == 0:
        return "·"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and digits else text


def round_number(value: float) -> str:
    """Format an end of a scale: `8`, `0.3`, `2e-5`."""
    if value and not 1e-3 <= abs(value) < 1e5:
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:.3g}"
