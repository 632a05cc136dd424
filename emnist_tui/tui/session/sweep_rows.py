"""Sweeps as rows of the list of runs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.about import read_about
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder, modified
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.record import RunState
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder, sweep_folders

WAITING = "waiting"
"""State of a sweep with trials left, on which nobody works."""
_EVERY = 2.0  # seconds from one reading to the next
_MOST_OF_TIME = 10  # times as long as the reading itself takes, at least


@dataclass(frozen=True)
class SweepEntry(Entry):
    """One sweep.

    Its test accuracy is that of the best trial, or the mean of its seeds.
    """

    board: Board | None = None
    """Its trials; None if sweep.json is damaged."""
    spread: float | None = None
    """Standard deviation of the test accuracy of seeds."""

    @property
    def shown_state(self) -> str:
        return self.state

    @property
    def ended(self) -> int:
        """Number of trials that have ended."""
        return sum(number for state, number in self.board.counts.items() if state.has_ended) if self.board else 0


class SweepRows:
    """Sweeps of a directory, of which only what changed is read again."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.root = root
        self.entries: list[SweepEntry] = []
        """Rows as they were read last, newest first."""
        self._clock = clock
        self._boards: dict[Path, SweepBoard] = {}
        self._next = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to read again."""
        return self._clock() >= self._next

    def read(self) -> None:
        """Read what has changed, in a thread; raises nothing."""
        begun = self._clock()
        folders = sweep_folders(self.root)
        self._boards = {folder.path: self._boards[folder.path] for folder in folders if folder.path in self._boards}
        entries = [self._describe(folder) for folder in folders]
        self.entries = sorted(entries, key=lambda entry: entry.created or 0, reverse=True)
        ended = self._clock()
        self._next = ended + max(_EVERY, _MOST_OF_TIME * (ended - begun))

    def _describe(self, folder: SweepFolder) -> SweepEntry:
        try:
            reader = self._boards.get(folder.path) or SweepBoard(folder)
        except EmnistTuiError as error:
            problem = str(error).replace(str(folder.path), folder.name)
            return SweepEntry(folder.name, folder.path, "sweep", modified(folder.path), "damaged", problem=problem)
        self._boards[folder.path] = reader
        return describe_sweep(reader.refresh())


def describe_sweep(board: Board) -> SweepEntry:
    """Summarize a sweep as one row."""
    spec, folder, best = board.spec, board.folder, board.best
    about = read_about(RunFolder(folder.path))
    tests = [trial.test_accuracy for trial in board.trials if trial.test_accuracy is not None]
    accuracy = board.result.test_accuracy if board.result else None
    if spec.is_seeds:
        accuracy = statistics.fmean(tests) if tests else None
    config = spec.config_of(best.values) if best and not spec.is_seeds else spec.config
    varied = {axis.field for axis in spec.axes}
    is_known = best is not None and not spec.is_seeds
    return SweepEntry(
        name=folder.name,
        path=folder.path,
        kind="sweep",
        time=max([modified(folder.runs), *(trial.ended or trial.began for trial in board.trials)]),
        state=state_of(board),
        model=spec.config.model,
        data=spec.config.data,
        seed=config.seed if is_known or "seed" not in varied else None,
        test_accuracy=accuracy,
        created=spec.created or None,
        learning_rate=config.learning_rate if is_known or "learning_rate" not in varied else None,
        batch_size=config.batch_size if is_known or "batch_size" not in varied else None,
        tags=about.tags,
        note=about.note,
        board=board,
        spread=statistics.stdev(tests) if spec.is_seeds and len(tests) > 1 else None,
    )


def state_of(board: Board) -> str:
    """Return a sweep's state by the words of runs."""
    is_worked_on = any(worker.is_alive for worker in board.workers)
    if board.is_done:
        return RunState.FINISHED
    if board.desired is Desired.PAUSE:
        return RunState.PAUSED
    if is_worked_on:
        return RunState.TRAINING
    return RunState.STOPPED if board.desired is Desired.STOP else WAITING
