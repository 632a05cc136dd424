"""Snapshot of a sweep: its trials, workers and best, read at a small cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from emnist_tui.runs.control import Desired
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial, TrialState


@dataclass(frozen=True)
class Worker:
    """Record of one worker, rewritten every few seconds as its sign of life."""

    id: str
    """`HOST-PID-RANDOM`."""
    host: str
    pid: int
    began: float
    """Unix seconds."""
    silent: float
    """Seconds since its last sign of life, by the file system's clock."""
    state: str
    """`working`, `paused`, `concluding`, `waiting` or `ended`."""
    trial: int | None = None
    """Number of the trial that it trains."""
    done: int = 0
    """Trials that it has ended."""

    @property
    def is_alive(self) -> bool:
        """Whether it showed a sign of life within the last minute and has not ended."""
        return self.state != "ended" and self.silent < 60


@dataclass(frozen=True)
class Result:
    """Test of the best trial, once all have ended."""

    trial: int
    accuracy: float
    """On the sweep's split, 0 to 1."""
    test_accuracy: float
    test_loss: float
    test_images: int


@dataclass(frozen=True)
class Board:
    """Sweep at one moment."""

    folder: SweepFolder
    spec: SweepSpec
    desired: Desired
    total: int
    """Trials that it will have: those asked for and points that users enqueued."""
    trials: tuple[Trial, ...]
    """Those begun, by number; a running one without a living worker is `ORPHANED`."""
    workers: tuple[Worker, ...]
    """The living first, then those that fell silent over a trial still running."""
    result: Result | None = None

    @cached_property
    def counts(self) -> Counter[TrialState]:
        return Counter(trial.state for trial in self.trials)

    @property
    def waiting(self) -> int:
        """Trials not begun yet."""
        return max(0, self.total - len(self.trials))

    @property
    def is_done(self) -> bool:
        """Whether every trial has ended."""
        return not self.waiting and all(trial.state.has_ended for trial in self.trials)

    @cached_property
    def ranking(self) -> tuple[Trial, ...]:
        """Trials with an accuracy, best first: the finished before others of the same accuracy, then by number."""
        known = (trial for trial in self.trials if trial.accuracy is not None)
        return tuple(sorted(known, key=lambda trial: (-(trial.accuracy or 0), not trial.state.counts, trial.number)))

    @property
    def best(self) -> Trial | None:
        """Finished trial with the best accuracy; the first of equals."""
        return next((trial for trial in self.ranking if trial.state.counts), None)


class SweepBoard:
    """Reader of a sweep's files, of which only what changed is read again."""

    def __init__(self, folder: SweepFolder) -> None:
        """Prepare to read. Reads sweep.json; raises `EmnistTuiError` if it is damaged."""
        self.folder = folder
        self.spec = folder.read_spec()

    def refresh(self) -> Board:
        """Return the sweep as its files tell now; raises nothing."""
        raise NotImplementedError
