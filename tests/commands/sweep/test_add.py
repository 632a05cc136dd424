"""`emnist-tui sweep add`: points of the user's own."""

from pathlib import Path

import pytest

from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.points import read_points
from tests.support.call import Call, check_refused
from tests.support.sweep_folders import make_sweep, seeds_spec


@pytest.fixture
def sweep(root: Path) -> SweepFolder:
    return make_sweep(root / "mine")


def test_a_point_is_enqueued(call: Call, sweep: SweepFolder) -> None:
    result = call("sweep", "add", "mine", "--set", "learning-rate=0.02", "batch_size = 32", "--set", "augmentation=0")
    assert (result.code, result.out) == (0, "")
    assert "The next free worker of mine tries it." in result.err
    assert read_points(sweep, sweep.read_spec()) == {1: {"learning_rate": 0.02, "batch_size": 32, "augmentation": 0.0}}


def test_a_value_outside_a_range_is_tried_with_a_note(call: Call, sweep: SweepFolder) -> None:
    result = call("sweep", "add", "mine", "--set", "learning-rate=0.5", "batch-size=32", "augmentation=0")
    assert "learning-rate 0.5 lies outside 0.001..0.3:log" in result.err
    assert len(read_points(sweep, sweep.read_spec())) == 1


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        ("", "--set learning-rate=VALUE is missing"),
        ("--set learning-rate=0.1", "--set batch-size=VALUE is missing"),
        ("--set seed=3", "varies learning-rate, batch-size, augmentation, not 'seed'"),
        ("--set [red]x=3", "not '[red]x'"),
        ("--set learning-rate", "takes OPTION=VALUE"),
        ("--set learning-rate=", "takes OPTION=VALUE"),
        ("--set learning-rate=0.1 learning-rate=0.2", "twice"),
        ("--set learning-rate=nan batch-size=32 augmentation=0", "learning-rate must be a number"),
        ("--set learning-rate=x batch-size=32 augmentation=0", "learning-rate must be a number"),
        ("--set learning-rate=0.1 batch-size=64 augmentation=0", "batch-size 64 is none of 32,128"),
        ("--set learning-rate=0.1 batch-size=0 augmentation=0", "batch-size must be a whole number"),
    ],
)
def test_wrong_points_are_refused(call: Call, sweep: SweepFolder, words: str, phrase: str) -> None:
    check_refused(call("sweep", "add", "mine", *words.split()), 2, phrase)
    assert list(sweep.points.iterdir()) == []


def test_a_seed_is_added_to_seeds(call: Call, root: Path) -> None:
    sweep = make_sweep(root / "mine", seeds_spec(3))
    assert call("sweep", "add", "mine", "--set", "seed=99").code == 0
    assert read_points(sweep, sweep.read_spec()) == {1: {"seed": 99}}
