"""Detection of dead filters: a loss that never leaves chance.

With some seeds every ReLU of the baseline is dead, or dies in the first steps: the output no longer depends on the
image, and the loss stays at that of guessing. Of the seeds 0 to 39 with the documented recipe these are 6, 20, 23, 30
and 39: their mean loss is above 2.30 in any 100 batches, while that of the others is below 0.6 after step 200.
"""

from collections import deque
from collections.abc import Sequence
from math import ceil, log
from statistics import fmean

WINDOW = 200
"""Batches in the moving average."""

CHANCE = log(10)
"""Loss, in nats, of assigning each of ten digits the same probability."""

_MARGIN = 0.01  # nats; the loss of a constant output is above chance, except for the noise of the batches
_FIRST_CHECK = 300  # steps
_DISTANCE = 0.5  # Adam moves a weight by about the learning rate a step; healthy networks left chance within 0.3


def steps_until_check(learning_rate: float) -> int:
    """Return the optimizer steps within which a healthy network leaves chance."""
    return max(_FIRST_CHECK, ceil(_DISTANCE / learning_rate))


def is_stuck_at_chance(losses: Sequence[float]) -> bool:
    """Return whether the mean loss is that of guessing.

    `losses` are those of the last `WINDOW` batches, in nats.
    """
    return fmean(losses) > CHANCE - _MARGIN


class ChanceDetector:
    """Detector of a network stuck at chance, which decides once.

    It decides as soon as `WINDOW` batches have been seen and the network has had time to leave chance.
    """

    def __init__(self, learning_rate: float) -> None:
        self._first_check = steps_until_check(learning_rate)
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._has_decided = False

    def update(self, losses: list[float], step: int) -> float | None:
        """Add the losses, in nats, of batches that end at `step`.

        Returns the mean loss of the window if the network is stuck, else None.
        """
        self._recent.extend(losses)
        if self._has_decided or len(self._recent) < WINDOW or step < self._first_check:
            return None
        self._has_decided = True
        return fmean(self._recent) if is_stuck_at_chance(self._recent) else None
