"""Rounding of parts that keeps their sum."""

from collections.abc import Sequence
from math import fsum

import numpy as np

from emnist_tui.analysis.network.network import Array

DECIMALS = 4
"""Decimals of every displayed sum."""


def rounded_to_close(parts: Sequence[float] | Array, total: float | None = None, decimals: int = DECIMALS) -> Array:
    """Round parts so that they add up to the total.

    By the largest remainder: each part is rounded down, and the units that are missing go to those that lost most. So a
    part differs from its exact value by less than one unit of the last decimal, and one that is exactly zero stays
    zero. `total` is by default the exact sum. Returns float64, parts that print with these decimals as they add up;
    unchanged where a number is not finite or too large to have such decimals.
    """
    exact = np.asarray(parts, np.float64).ravel()
    whole = fsum(exact) if total is None else total
    unit = 10.0**decimals
    largest = max(float(np.abs(exact).max(initial=0)), abs(whole))
    if not np.isfinite([largest, whole]).all() or largest * unit * max(1, len(exact)) > 2**52:
        return exact
    floors = np.floor(exact * unit)
    missing = round(whole * unit) - int(floors.sum())
    order = np.argsort(floors - exact * unit, kind="stable")
    changeable = order[exact[order] != 0]
    if len(changeable):
        each, rest = divmod(missing, len(changeable))
        floors[changeable] += each
        floors[changeable[:rest]] += 1
    return np.asarray(floors / unit + 0.0)
