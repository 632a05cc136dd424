"""The steps of a run whose weights are recorded."""

import sys
from dataclasses import dataclass
from typing import Self

_CLOSEST = 32  # steps between two frames
_FEW = 64


@dataclass(frozen=True)
class RecordedSteps:
    """Steps at equal distances that include the ends of epochs.

    Both numbers are powers of two, so that the steps of a longer run are among those of a shorter one: its recording is
    thinned, never begun anew.
    """

    steps_per_epoch: int
    parts: int = 1
    """Recorded steps of an epoch, the last one at its end; none are there twice."""
    epochs_apart: int = 1
    """Epochs between two recorded ends; more than 1 only if an epoch is one part."""

    @classmethod
    def planned(cls, epochs: int, steps_per_epoch: int, most: int) -> Self:
        """Choose at most `most` steps of a run, and its beginning.

        Beyond `_FEW` they are one in `_CLOSEST` steps at most, which keeps their cost below 1 % of small steps.
        """
        most = min(most, max(_FEW, epochs * steps_per_epoch // _CLOSEST))
        parts = apart = 1
        while 2 * parts * epochs <= most and parts < steps_per_epoch:
            parts *= 2
        while -(-epochs // apart) > most:
            apart *= 2
        return cls(steps_per_epoch, parts, apart)

    def includes(self, step: int) -> bool:
        """Return whether the weights after this step are recorded."""
        return step == 0 or self.until_next(step - 1) == 1

    def until_next(self, step: int) -> int:
        """Return how many steps after `step`, at least 1, one is recorded."""
        if not self.steps_per_epoch:
            return sys.maxsize
        if self.epochs_apart > 1:
            apart = self.steps_per_epoch * self.epochs_apart
            return apart - step % apart
        done = step % self.steps_per_epoch
        part = (done + 1) * self.parts
        following = -(-part // self.steps_per_epoch)  # the first part that ends after the step
        return following * self.steps_per_epoch // self.parts - done
