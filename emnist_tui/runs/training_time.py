"""Time spent training, over all trainers of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emnist_tui.runs.events import EpochEnded, RunEnded, RunStarted


class TrainingTime:
    """Seconds of training, without pauses and evaluations.

    A trainer's end tells those since it resumed; a finished epoch all of its own, whichever trainers they were of.
    """

    def __init__(self) -> None:
        self._before = 0.0
        """Seconds before the newest trainer."""
        self._since = 0.0
        """Seconds of the newest trainer, known once it has ended."""
        self._end = (0, 0.0)
        """Step of the newest end, and all seconds up to it."""

    def seconds(self, epochs: Sequence[EpochEnded]) -> float:
        """Return the seconds so far of a run with these finished epochs."""
        return max(_sum(epochs), self._before + self._since)

    def start(self, event: RunStarted, epochs: Sequence[EpochEnded]) -> None:
        """Begin a trainer; `epochs` are those it need not repeat."""
        step, seconds = self._end
        self._before, self._since = _sum(epochs), 0.0
        if event.resumed_seconds is not None:
            self._before += event.resumed_seconds
        elif event.resumed_at_step is not None and step <= event.resumed_at_step:
            self._before = max(self._before, seconds)

    def end(self, event: RunEnded, epochs: Sequence[EpochEnded]) -> None:
        """End the trainer."""
        self._since = event.seconds
        self._end = event.step, self.seconds(epochs)


def _sum(epochs: Sequence[EpochEnded]) -> float:
    return sum(epoch.seconds for epoch in epochs)
