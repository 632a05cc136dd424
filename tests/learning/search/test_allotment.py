"""Allotment without a search engine: grids, seeds and users' points."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from emnist_tui.learning.search.allotment import Grid, begun_trials, open_allotment
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.points import add_point
from tests.support.small_sweeps import GRID, new_seeds, new_sweep


@pytest.fixture
def sweep(tmp_path: Path) -> SweepFolder:
    return new_sweep(tmp_path / "sweep", *GRID, sampler="grid")


def test_trials_are_allotted_in_order_and_each_has_its_combination(sweep: SweepFolder) -> None:
    grid = Grid(sweep, sweep.read_spec())
    points = []
    while (number := grid.next(4)) is not None:
        sweep.trial(number).path.mkdir()
        points.append(grid.point(number))
    assert points == sweep.read_spec().grid()
    assert begun_trials(sweep) == {1, 2, 3, 4}


def test_a_trial_that_is_missing_is_begun_first(sweep: SweepFolder) -> None:
    sweep.trial(1).path.mkdir()
    sweep.trial(3).path.mkdir()
    assert Grid(sweep, sweep.read_spec()).next(4) == 2


def test_points_of_users_follow_the_grid(sweep: SweepFolder) -> None:
    grid = Grid(sweep, sweep.read_spec())
    with pytest.raises(EmnistTuiError, match="no values"):
        grid.point(5)
    add_point(sweep, sweep.read_spec(), {"learning_rate": 0.5, "batch_size": 16})
    assert grid.point(5) == {"learning_rate": 0.5, "batch_size": 16}


def test_seeds_need_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "emnist_tui.learning.search.study", raising=False)
    sweep = new_seeds(tmp_path / "seeds", 3)
    allotment = open_allotment(sweep, sweep.read_spec())
    assert [allotment.point(number)["seed"] for number in (1, 2, 3)] == [0, 1, 2]
    assert not allotment.report(1, [0.1])


@pytest.mark.parametrize(
    ("module", "found"), [("optuna", None), ("optuna.distributions", ModuleType("optuna.distributions"))]
)
def test_a_search_without_the_engine_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, found: ModuleType | None
) -> None:
    """Missing, or so old that it lacks a name."""
    monkeypatch.setitem(sys.modules, module, found)
    monkeypatch.delitem(sys.modules, "emnist_tui.learning.search.study", raising=False)
    sweep = new_sweep(tmp_path / "sweep")
    with pytest.raises(EmnistTuiError, match=r"pip install 'emnist-tui\[sweep\]'"):
        open_allotment(sweep, sweep.read_spec())
