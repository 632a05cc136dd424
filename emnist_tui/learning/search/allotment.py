"""Allotment of a sweep's trials to its workers: numbers, values and verdicts."""

import os
from collections.abc import Sequence
from typing import Protocol

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.folder import SweepFolder, trial_number
from emnist_tui.runs.sweeps.points import read_points
from emnist_tui.runs.sweeps.space import Point
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import Trial

NEEDED = "This sweep needs a search engine, Optuna; install it with `pip install 'emnist-tui[sweep]'`."


class Allotment(Protocol):
    """Source of trials, which every worker of a sweep has for itself."""

    def next(self, total: int) -> int | None:
        """Return the number of a trial to begin, of `total`.

        None if there is none. Nobody has begun it, unless somebody does at the same time. Raises `OSError`.
        """

    def point(self, number: int) -> Point:
        """Return the values of a trial, the same whenever asked.

        Raises `EmnistTuiError` if there are none, `OSError`.
        """

    def report(self, number: int, curve: Sequence[float]) -> bool:
        """Report the accuracy after each epoch; return whether to prune.

        Raises `OSError`.
        """

    def tell(self, trial: Trial) -> None:
        """Report a trial's end, once.

        One that was reported before is left as it is. Raises `OSError`.
        """


class Grid:
    """Every combination of the listed values in order, then the users' points."""

    def __init__(self, folder: SweepFolder, spec: SweepSpec) -> None:
        self._folder = folder
        self._spec = spec
        self._grid = spec.grid()

    def next(self, total: int) -> int | None:
        begun = begun_trials(self._folder)
        return next((number for number in range(1, total + 1) if number not in begun), None)

    def point(self, number: int) -> Point:
        if number <= len(self._grid):
            return self._grid[number - 1]
        points = list(read_points(self._folder, self._spec).values())
        place = number - len(self._grid) - 1
        if place >= len(points):
            raise EmnistTuiError(f"Trial {number} has no values: no user enqueued them.")
        return points[place]

    def report(self, number: int, curve: Sequence[float]) -> bool:  # noqa: ARG002 - nothing is pruned
        return False

    def tell(self, trial: Trial) -> None:
        pass


def begun_trials(folder: SweepFolder) -> set[int]:
    """Return the numbers of the trials that have a folder. Raises `OSError`."""
    names = os.listdir(folder.runs)  # noqa: PTH208 - names are enough, of which there may be 100,000
    return {number for name in names if (number := trial_number(name)) is not None}


def open_allotment(folder: SweepFolder, spec: SweepSpec) -> Allotment:
    """Open the allotment that a sweep needs.

    Raises `EmnistTuiError` if the search engine is missing or its journal is damaged, `OSError` if that cannot be
    written.
    """
    if not spec.needs_engine:
        return Grid(folder, spec)
    try:
        from emnist_tui.learning.search.study import open_study  # here, since the engine is an extra
    except ImportError as error:  # missing, or of another version
        if (error.name or "").partition(".")[0] != "optuna":
            raise
        raise EmnistTuiError(NEEDED) from None
    return open_study(folder, spec)
