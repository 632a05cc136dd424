"""Changes of the learning rate that a resumed run repeats."""

import sys
from collections import deque
from pathlib import Path

from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import LearningRateChanged
from emnist_tui.runs.learning_rates import add_change


class RateChanges:
    """Recorded changes after the step of a checkpoint, due at theirs.

    Batches after the newest checkpoint are trained again after a crash; what was changed at one of them is changed
    again.
    """

    def __init__(self, events: Path, resumed_at: int | None) -> None:
        """Read the changes from step `resumed_at` on.

        None is a new run, which has none.
        """
        changes: list[LearningRateChanged] = []
        if resumed_at is not None and events.exists():
            for event in read_events(events, batches=False):
                if isinstance(event, LearningRateChanged):
                    add_change(changes, event)
        self._due = deque(change for change in changes if resumed_at is not None and change.step >= resumed_at)

    def at(self, step: int) -> float | None:
        """Return the learning rate that was set after `step`, if any."""
        rate = None
        while self._due and self._due[0].step <= step:
            rate = self._due.popleft().learning_rate
        return rate

    def until_due(self, step: int) -> int:
        """Return the number of steps after `step` until the next change.

        Without any it is a large one.
        """
        return self._due[0].step - step if self._due else sys.maxsize

    def forget(self) -> bool:
        """Repeat no more: the user has decided anew.

        Returns whether anything was due.
        """
        was_due = bool(self._due)
        self._due.clear()
        return was_due
