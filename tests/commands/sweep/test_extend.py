"""`emnist-tui sweep extend`: more trials."""

from pathlib import Path

from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.points import add_point, read_points
from emnist_tui.runs.sweeps.space import Axis
from tests.support.call import Call, check_refused
from tests.support.sweep_folders import made_trials, make_spec, make_sweep, seeds_spec


def test_a_search_gets_more_trials_and_never_fewer(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", make_spec(20))
    assert call("sweep", "extend", "mine", "--trials", 30).code == 0
    assert SweepBoard(sweep).refresh().total == 30
    for trials in (30, 20):
        check_refused(call("sweep", "extend", "mine", "--trials", trials), 2, "has 30 trials already")
    add_point(sweep, sweep.read_spec(), dict(made_trials(sweep.read_spec(), 1)[0].values))
    assert "Sweep mine has 31 trials and 1 that you added;" in call("sweep", "extend", "mine", "--trials", 31).err
    check_refused(call("sweep", "extend", "mine", "--trials", 100_001), 2, "must be a whole number, 1 to 100,000")


def test_seeds_get_those_that_follow(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", seeds_spec(3, seed=2**32 - 4))
    spec = sweep.read_spec()
    add_point(sweep, spec, {"seed": 0})
    assert call("sweep", "extend", "mine", "--trials", 6).code == 0
    assert [point["seed"] for point in read_points(sweep, spec).values()] == [0, 1, 2]
    check_refused(call("sweep", "extend", "mine", "--trials", 6), 2, "has 6 trials already")


def test_more_seeds_than_a_group_can_have_change_nothing(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", seeds_spec(3))
    check_refused(call("sweep", "extend", "mine", "--trials", 1_004), 2, "at most 1,003 seeds")
    assert read_points(sweep, sweep.read_spec()) == {}


def test_a_grid_is_refused(call: Call, root: Path) -> None:
    make_sweep(root / "mine", make_spec(axes=(Axis.parse("batch-size=1,2"),), sampler="grid", pruner="none"))
    check_refused(call("sweep", "extend", "mine", "--trials", 9), 2, "is a grid", "`emnist-tui sweep add`")
