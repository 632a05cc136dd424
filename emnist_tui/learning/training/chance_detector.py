"""Detection of dead filters: a loss that never leaves chance.

With some seeds every ReLU of the baseline is dead, or dies in the first steps: the output no longer depends on the
image, and the loss stays at that of guessing. Of the seeds 0 to 39 with the documented recipe these are 6, 20, 23, 30
and 39: their mean loss is above 2.30 in any 100 batches, while that of the others is below 0.6 after step 200.
"""

from collections import deque
from collections.abc import Sequence
from math import log
from statistics import fmean

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.schedule import learning_rate

WINDOW = 200
"""Batches in the moving average."""

CHANCE = log(10)
"""Loss, in nats, of assigning each of ten digits the same probability."""

_MARGIN = 0.01  # nats; the loss of a constant output is above chance, except for the noise of the batches
_FIRST_CHECK = 300  # steps
_ADAM_DISTANCE = 0.5  # sum of learning rates; Adam moves a weight by about one a step, and chance was left within 0.3
_SGD_DISTANCE = 10.0  # SGD moves a weight by its gradient as well, and left chance within 4.4


def is_stuck_at_chance(losses: Sequence[float]) -> bool:
    """Return whether the mean loss is that of guessing.

    `losses` are those of the last `WINDOW` batches, in nats.
    """
    return fmean(losses) > CHANCE - _MARGIN


class ChanceDetector:
    """Detector of a network stuck at chance, which decides once.

    It decides as soon as `WINDOW` batches have been seen and the network has had time to leave chance: that depends on
    the learning rates so far, which are low at first with a warm-up.
    """

    def __init__(self, steps: int) -> None:
        """Expect a run of `steps` in all."""
        self._steps = steps
        self._counted = 0
        """Steps whose learning rates were added up."""
        self._way = 0.0
        """Their sum, relative to that by which a healthy network has left chance."""
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._has_decided = False

    def update(self, losses: list[float], step: int, config: TrainConfig) -> float | None:
        """Add the losses, in nats, of batches that end at `step`.

        Returns the mean loss of the window if the network is stuck, else None.
        """
        self._recent.extend(losses)
        self._count(step, config)
        if self._has_decided or len(self._recent) < WINDOW or step < _FIRST_CHECK or self._way < 1:
            return None
        self._has_decided = True
        return fmean(self._recent) if is_stuck_at_chance(self._recent) else None

    def _count(self, step: int, config: TrainConfig) -> None:
        """Add the learning rates before `step`, as far as they matter."""
        while self._counted < step and self._way < 1:
            self._way += learning_rate(config, self._counted, self._steps) / _distance(config)
            self._counted += 1


def _distance(config: TrainConfig) -> float:
    """Return the sum of learning rates within which a network leaves chance."""
    if config.optimizer != "sgd":
        return _ADAM_DISTANCE
    return _SGD_DISTANCE / min(config.clip_norm or 1.0, 1.0)
