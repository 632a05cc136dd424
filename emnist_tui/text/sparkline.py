"""Small charts of columns in eighths of a cell."""

import math
from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int, height: int = 1) -> list[str]:
    """Draw values as columns between the smallest and the largest one.

    Returns `height` rows of `width` cells, from the top; without values they are empty. Neighbors are averaged where
    there are more values than columns; values that are not finite leave a gap.
    """
    columns = _columns(values, width)
    known = [value for value in columns if math.isfinite(value)]
    if not known or height < 1:
        return [" " * len(columns)] * max(0, height)
    low, high = min(known), max(known)
    levels = [_level(value, low, high, height * 8) for value in columns]
    return ["".join(_EIGHTHS[min(8, max(0, level - row * 8))] for level in levels) for row in reversed(range(height))]


def _columns(values: Sequence[float], width: int) -> list[float]:
    """Average or repeat values so that they fill `width` columns."""
    count = len(values)
    if not count:
        return []
    edges = [(count * column // width, count * (column + 1) // width) for column in range(max(0, width))]
    return [_mean(values[first : max(first + 1, last)]) for first, last in edges]


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan


def _level(value: float, low: float, high: float, steps: int) -> int:
    """Return a column's height in eighths, 0 if unknown."""
    if not math.isfinite(value):
        return 0
    share = (value - low) / (high - low) if high > low else 0.0
    return 1 + round(share * (steps - 1))
