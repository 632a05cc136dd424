"""Changes of the learning rate during a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from emnist_tui.runs.config import explain_bad_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emnist_tui.runs.events import LearningRateChanged

_SAME = 1e-9  # relative difference below which two rates are equal


def add_change(changes: list[LearningRateChanged], change: LearningRateChanged) -> None:
    """Add the next recorded change to those that hold.

    They are in order of their steps. A run that was resumed from an earlier step repeats the changes after it, until
    one made since replaces them. An invalid rate, of a damaged file, is ignored.
    """
    if explain_bad_value("learning_rate", change.learning_rate):
        return
    while changes and changes[-1].step >= change.step:
        changes.pop()
    changes.append(change)


def rate_at(changes: Sequence[LearningRateChanged], step: int, first: float) -> float:
    """Return the learning rate set for the batch after `step`.

    Before any change it is `first`.
    """
    return next((change.learning_rate for change in reversed(changes) if change.step <= step), first)


def next_rate(rate: float, *, is_up: bool) -> float | None:
    """Return the next higher or lower round rate.

    Round are 1, 2 and 5 times powers of ten. None if that is no valid learning rate.
    """
    exponent = math.floor(math.log10(rate))
    # Parsed from text, these are exactly the numbers that a user writes.
    values = [float(f"{factor}e{exponent + power}") for power in (-1, 0, 1) for factor in (1, 2, 5)]
    if is_up:
        found = next(value for value in values if value > rate * (1 + _SAME))
    else:
        found = next(value for value in reversed(values) if value < rate * (1 - _SAME))
    return None if explain_bad_value("learning_rate", found) else found
