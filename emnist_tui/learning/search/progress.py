"""Progress of a trial, as the events of its run tell it."""

from dataclasses import replace
from pathlib import Path

from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import EpochEnded, Evaluated, Event, RunEnded, StuckAtChance
from emnist_tui.runs.sweeps.trial import Trial, TrialState

_GUESSING = 0.2  # accuracy, twice that of guessing


class TrialProgress:
    """Sum of a trial's events, in which a repeated epoch counts once."""

    def __init__(self, split: str, *, tests: bool) -> None:
        """Follow the accuracy on `split`; `tests` adds that of the test."""
        self._split = split
        self._tests = tests
        self._accuracy: dict[int, float] = {}
        self._seconds: dict[int, float] = {}
        self._was_stuck = False
        self._test_accuracy: float | None = None

    @property
    def curve(self) -> list[float]:
        """Accuracy after each epoch, from the first on."""
        epochs = range(1, len(self._accuracy) + 1)
        return [self._accuracy[epoch] for epoch in epochs if epoch in self._accuracy]

    def add(self, event: Event) -> None:
        """Count one event."""
        if isinstance(event, Evaluated) and event.split == self._split and event.epoch:
            self._accuracy[event.epoch] = event.accuracy
        elif isinstance(event, EpochEnded):
            self._seconds[event.epoch] = event.seconds
        elif isinstance(event, StuckAtChance):
            self._was_stuck = True
        elif isinstance(event, RunEnded) and self._tests and event.reason == "finished":
            self._test_accuracy = event.test_accuracy

    def add_file(self, path: Path) -> None:
        """Count the events of earlier sessions; a missing file has none."""
        try:
            for event in read_events(path, batches=False):
                self.add(event)
        except OSError:
            return

    def record(self, trial: Trial) -> Trial:
        """Return a trial's record with what is known by now."""
        curve = self.curve
        return replace(
            trial,
            accuracy=max(curve, default=None),
            epoch=len(curve),
            curve=curve,
            test_accuracy=self._test_accuracy,
            seconds=sum(self._seconds.values()),
        )

    def final_state(self) -> TrialState:
        """Return the state of a trial that was trained to its end."""
        is_stuck = self._was_stuck and max(self.curve, default=0.0) < _GUESSING
        return TrialState.STUCK if is_stuck else TrialState.FINISHED
