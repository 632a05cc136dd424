"""Telling a network that learns nothing from one that is slow.

With some seeds every ReLU of the baseline is dead, or dies in the first steps: its answer no longer depends on the
image, and the loss stays at that of guessing for good. Of the seeds 0 to 39 at the documented recipe these are 6, 20,
23, 30 and 39: their mean loss is above 2.30 in any 100 batches, when the others' is below 0.6 after step 200.
"""

from collections import deque
from collections.abc import Sequence
from math import ceil, log
from statistics import fmean

WINDOW = 200
"""Batches that are looked at."""

CHANCE = log(10)
"""The loss, in nats, of giving each of ten digits the same probability."""

_MARGIN = 0.01  # nats; a network that answers the same to all images is above chance but for the batches' noise
_FIRST_LOOK = 300  # steps
_DISTANCE = 0.5  # Adam moves a weight by about the learning rate a step; live networks left chance within 0.3 of it


def steps_until_telling(learning_rate: float) -> int:
    """Optimizer steps after which a live network has left chance."""
    return max(_FIRST_LOOK, ceil(_DISTANCE / learning_rate))


def is_stuck_at_chance(losses: Sequence[float]) -> bool:
    """Whether these batches' losses, in nats, are those of guessing; ask it of the last `WINDOW`."""
    return fmean(losses) > CHANCE - _MARGIN


class ChanceDetector:
    """Tells once whether a network is stuck: as soon as it can be told, from the batches seen here."""

    def __init__(self, learning_rate: float) -> None:
        self._first_look = steps_until_telling(learning_rate)
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._has_told = False

    def take(self, losses: list[float], step: int) -> float | None:
        """Takes in the batches that end at `step`; the mean loss where that shows a stuck network, else None."""
        self._recent.extend(losses)
        if self._has_told or len(self._recent) < WINDOW or step < self._first_look:
            return None
        self._has_told = True
        return fmean(self._recent) if is_stuck_at_chance(self._recent) else None
