"""Sweeps as entries of the list of runs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from emnist_tui.runs.about import read_about
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder, modified
from emnist_tui.runs.listing import Entry
from emnist_tui.runs.record import RunState
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder, sweep_folders
from emnist_tui.runs.sweeps.space import Value

WAITING = "waiting"
"""State of a sweep with trials left, on which nobody works."""

DAMAGED = "damaged"
"""State of a sweep whose specification cannot be read."""


@dataclass(frozen=True)
class SweepEntry(Entry):
    """One sweep.

    Its test accuracy is that of its best trial once all have ended, or the mean of its seeds.
    """

    board: Board | None = None
    """Its trials; None if sweep.json is damaged."""
    spread: float | None = None
    """Standard deviation of the test accuracy of seeds, with n - 1 in its denominator."""

    @property
    def ended(self) -> int:
        """Number of trials that have ended."""
        return sum(number for state, number in self.board.counts.items() if state.has_ended) if self.board else 0

    def to_json(self) -> dict[str, Any]:
        values = asdict(replace(self, board=None))
        del values["board"]
        best = self.board.best if self.board else None
        return {
            **values,
            "path": str(self.path),
            "trials": self.board.total if self.board else None,
            "ended": self.ended if self.board else None,
            "split": self.board.spec.split if self.board else None,
            "best_trial": best.number if best else None,
            "best_accuracy": best.accuracy if best else None,
        }


def sweep_entries(root: Path) -> list[SweepEntry]:
    """Describe the sweeps of a directory, newest first; raises nothing."""
    entries = [describe_folder(folder) for folder in sweep_folders(root)]
    return sorted(entries, key=lambda entry: entry.created or 0, reverse=True)


def describe_folder(folder: SweepFolder) -> SweepEntry:
    """Read a sweep and describe it, a damaged one by its problem."""
    try:
        return describe_sweep(SweepBoard(folder).refresh())
    except EmnistTuiError as error:
        return damaged_sweep(folder, error)


def damaged_sweep(folder: SweepFolder, error: EmnistTuiError) -> SweepEntry:
    """Describe a sweep whose specification cannot be read."""
    problem = str(error).replace(str(folder.path), folder.name)
    return SweepEntry(folder.name, folder.path, "sweep", modified(folder.path), DAMAGED, problem=problem)


def describe_sweep(board: Board) -> SweepEntry:
    """Summarize a sweep as one row."""
    spec, folder, best = board.spec, board.folder, board.best
    about = read_about(RunFolder(folder.path))
    tests = list(board.tests.values())
    accuracy = board.result.test_accuracy if board.result else None
    if spec.is_seeds:
        accuracy = statistics.fmean(tests) if tests else None
    values: Mapping[str, Value] = {} if spec.is_seeds or best is None else best.values
    known: dict[str, Any] = {**spec.config.to_json(), **dict.fromkeys(axis.field for axis in spec.axes), **values}
    return SweepEntry(
        name=folder.name,
        path=folder.path,
        kind="sweep",
        time=max([modified(folder.runs), *(trial.ended or trial.began for trial in board.trials)]),
        state=state_of(board),
        model=spec.config.model,
        data=spec.config.data,
        seed=known["seed"],
        test_accuracy=accuracy,
        created=spec.created or None,
        learning_rate=known["learning_rate"],
        batch_size=known["batch_size"],
        tags=about.tags,
        note=about.note,
        board=board,
        spread=statistics.stdev(tests) if len(tests) > 1 else None,
    )


def state_of(board: Board) -> str:
    """Return a sweep's state by the words of runs."""
    if board.is_done:
        return RunState.FINISHED
    if board.desired is Desired.PAUSE:
        return RunState.PAUSED
    if any(worker.is_alive for worker in board.workers):
        return RunState.TRAINING
    return RunState.STOPPED if board.desired is Desired.STOP else WAITING
