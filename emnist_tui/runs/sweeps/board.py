"""Snapshot of a sweep: trials, workers and the best."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.control import Desired
from emnist_tui.runs.json_values import number, share, whole
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.points import point_files, read_point
from emnist_tui.runs.sweeps.requests import read_requests, total_trials
from emnist_tui.runs.sweeps.spec import MOST_TRIALS, SweepSpec
from emnist_tui.runs.sweeps.trial import COUNTING, Trial, TrialState
from emnist_tui.runs.sweeps.trial_files import TrialFiles
from emnist_tui.runs.sweeps.worker import Worker, WorkerFiles

__all__ = ["Board", "Result", "SweepBoard", "Worker", "read_result", "write_result"]


_TRAINED = frozenset({TrialState.RUNNING, TrialState.PAUSED})


@dataclass(frozen=True)
class Result:
    """Test of the best trial, once all have ended."""

    trial: int
    accuracy: float
    """On the sweep's split, 0 to 1."""
    test_accuracy: float
    test_loss: float
    test_images: int

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Restore a result. Raises `TypeError`, `KeyError` or `ValueError` for anything else."""
        return cls(
            trial=whole(values["trial"], 1, MOST_TRIALS),
            accuracy=share(values["accuracy"]),
            test_accuracy=share(values["test_accuracy"]),
            test_loss=number(values["test_loss"], 0, 1e9),
            test_images=whole(values["test_images"], 1, 10**9),
        )


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
    unread: int = 0
    """Trials begun that were not read yet."""

    @cached_property
    def counts(self) -> Counter[TrialState]:
        return Counter(trial.state for trial in self.trials)

    @property
    def waiting(self) -> int:
        """Trials not begun yet."""
        return max(0, self.total - len(self.trials) - self.unread)

    @property
    def is_done(self) -> bool:
        """Whether every trial has ended."""
        return not self.waiting and not self.unread and all(trial.state.has_ended for trial in self.trials)

    @cached_property
    def ranking(self) -> tuple[Trial, ...]:
        """Trials with an accuracy, best first.

        Of equals the finished come first, then those of lower numbers.
        """
        counted: list[Trial] = []
        others: list[Trial] = []
        for trial in self.trials:
            if trial.accuracy is not None:
                (counted if trial.state in COUNTING else others).append(trial)
        return tuple(sorted([*counted, *others], key=attrgetter("accuracy"), reverse=True))  # equals keep their order

    @property
    def best(self) -> Trial | None:
        """Finished trial with the best accuracy; the first of equals."""
        return next((trial for trial in self.ranking if trial.state.counts), None)

    @property
    def tests(self) -> dict[int, float]:
        """Test accuracy by seed, each once, of finished trials of seeds."""
        found: dict[int, float] = {}
        for trial in self.trials if self.spec.is_seeds else ():
            seed = trial.values.get("seed")
            if isinstance(seed, int) and trial.state.counts and trial.test_accuracy is not None:
                found.setdefault(seed, trial.test_accuracy)
        return found

    def succeeded_by(self, board: Self) -> Self:
        """Share computed properties with a later board of the same trials."""
        board.__dict__.update({name: value for name, value in self.__dict__.items() if name in ("counts", "ranking")})
        return board


class SweepBoard:
    """Reader of a sweep that reads only what changed."""

    def __init__(self, folder: SweepFolder) -> None:
        """Prepare to read. Reads sweep.json; raises `EmnistTuiError` if it is damaged."""
        self.folder = folder
        self.spec = folder.read_spec()
        self._trials = TrialFiles(folder)
        self._workers = WorkerFiles(folder)
        self._valid_points: set[int] = set()
        self._shown: Board | None = None

    @property
    def is_complete(self) -> bool:
        """Whether `refresh` read all that it found."""
        return self._trials.is_complete and self._workers.is_complete

    def refresh(self, most: int = sys.maxsize) -> Board:
        """Return the sweep as its files tell now; raises nothing.

        Reads at most `most` trials and workers' records; the rest is left to the next calls.
        """
        trials, budget = self._trials.refresh(most)
        workers = {worker.id: worker for worker in self._workers.refresh(budget)}
        trials, mourned = _with_orphans(trials, workers)
        requests = read_requests(self.folder.control)
        board = Board(
            folder=self.folder,
            spec=self.spec,
            desired=requests.desired,
            total=max(len(trials), total_trials(self.spec, requests, self._count_points())),
            trials=trials,
            workers=(
                *_in_order(worker for worker in workers.values() if worker.is_alive),
                *_in_order(worker for worker in workers.values() if not worker.is_alive and worker.id in mourned),
            ),
            result=read_result(self.folder.result),
            unread=self._trials.unread,
        )
        if self._shown is not None and self._shown.trials == trials:
            board = self._shown.succeeded_by(board)
        self._shown = board
        return board

    def _count_points(self) -> int:
        """Count the valid points of users, reading each once."""
        files = point_files(self.folder)
        valid = self._valid_points
        valid.update(
            each for each, path in files.items() if each not in valid and read_point(path, self.spec) is not None
        )
        return len(valid & files.keys())


def read_result(path: Path) -> Result | None:
    """Read result.json; None if it is missing or damaged."""
    try:
        return Result.from_json(json.loads(read_small(path)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def write_result(path: Path, result: Result) -> None:
    """Write result.json. Raises `OSError`."""
    replace_text(path, json.dumps({"format": 1, **asdict(result)}))


def _with_orphans(trials: tuple[Trial, ...], workers: Mapping[str, Worker]) -> tuple[tuple[Trial, ...], frozenset[str]]:
    """Mark the trials whose worker shows no sign of life.

    Also returns the ids of these workers.
    """
    lost = {
        index: replace(trial, state=TrialState.ORPHANED)
        for index, trial in enumerate(trials)
        if trial.state in _TRAINED and not ((worker := workers.get(trial.worker)) and worker.is_alive)
    }
    if not lost:
        return trials, frozenset()
    marked = list(trials)
    for index, trial in lost.items():
        marked[index] = trial
    return tuple(marked), frozenset(trial.worker for trial in lost.values())


def _in_order(workers: Iterable[Worker]) -> list[Worker]:
    return sorted(workers, key=lambda worker: (worker.host, worker.pid, worker.id))
