"""`emnist-tui compare` of groups of seeds."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.runs.sweeps.spec import SweepSpec
from emnist_tui.runs.sweeps.trial import TrialState
from tests.support.call import Call, Result, check_refused
from tests.support.scripted_runs import write_run
from tests.support.seed_groups import write_group

A = {0: 0.95, 1: 0.953, 2: 0.948}
B = {0: 0.954, 1: 0.958, 2: 0.954}


def compared(call: Call, root: Path, *more: str, a: Mapping[int, float] = A, b: Mapping[int, float] = B) -> Result:
    write_group(root, "first", a)
    write_group(root, "second", b)
    return call("compare", "first", "second", "--checkpoints", str(root), *more)


def test_text_answers_whether_b_is_better(call: Call, tmp_path: Path) -> None:
    result = compared(call, tmp_path)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "synthetic digits, test split, by seed\n"
        "a  first: mean 95.03 ± 0.25 %, 3 seeds, 95 % interval 94.41 % to 95.66 %\n"
        "b  second: mean 95.53 ± 0.23 %, 3 seeds, 95 % interval 94.96 % to 96.11 %\n"
        "\n"
        "    seed          a          b         change\n"
        "       0    95.00 %    95.40 %   +0.40 points\n"
        "       1    95.30 %    95.80 %   +0.50 points\n"
        "       2    94.80 %    95.40 %   +0.60 points\n"
        "\n"
        "difference of means, b minus a: +0.50 points, 95 %: +0.25 to +0.75, p = 0.013 "
        "(paired t test over 3 seeds in common)\n"
        "second is better than first (+0.50 points, 95 %: +0.25 to +0.75, p = 0.013).\n"
    )


def test_json_has_the_numbers_of_the_text(call: Call, tmp_path: Path) -> None:
    found = compared(call, tmp_path, "--json").json
    assert found["verdict"] == "better"
    assert found["accuracy_change"] == pytest.approx(0.005)
    assert found["a"]["test_accuracy"]["mean"] == pytest.approx(0.95033, abs=1e-5)
    assert [pair["seed"] for pair in found["per_seed"]] == [0, 1, 2]


def test_groups_are_found_by_path(call: Call, tmp_path: Path) -> None:
    a, b = (str(write_group(tmp_path, name, A if name == "a" else B).path) for name in "ab")
    assert "b is better than a" in call("compare", a, b).out


def test_a_run_beside_a_group_shows_no_spread(call: Call, tmp_path: Path) -> None:
    write_group(tmp_path, "group", A)
    write_run(tmp_path, "single")
    result = call("compare", "single", "group", "--checkpoints", str(tmp_path))
    assert "One seed shows no spread (single); train more with --seeds." in result.out


def test_unfinished_seeds_are_said(call: Call, tmp_path: Path) -> None:
    write_group(tmp_path, "first", {**A, 3: TrialState.DIVERGED})
    write_group(tmp_path, "second", B)
    result = call("compare", "first", "second", "--checkpoints", str(tmp_path))
    assert "1 of 4 seeds of first have no result (1 diverged)." in result.out


def test_different_data_are_refused(call: Call, tmp_path: Path) -> None:
    write_group(tmp_path, "first", A)
    write_group(tmp_path, "second", B, fingerprint="other")
    check_refused(call("compare", "first", "second", "--checkpoints", str(tmp_path)), 1, "not of the same data")


def test_checkpoints_are_not_compared_with_groups(call: Call, tmp_path: Path) -> None:
    write_group(tmp_path, "first", A)
    check_refused(call("compare", "first", "x.pt", "--checkpoints", str(tmp_path)), 2, "x.pt is a checkpoint")


def test_options_about_checkpoints_are_refused(call: Call, tmp_path: Path) -> None:
    check_refused(compared(call, tmp_path, "--data", "synthetic"), 2, "--data is about checkpoints")


def test_a_search_is_no_group(call: Call, tmp_path: Path) -> None:
    write_group(tmp_path, "first", A)
    axis = Axis("learning_rate", (0.01, 0.02))
    SweepFolder(tmp_path / "search").begin(SweepSpec(TrainConfig(validation=10), (axis,), "grid", "none", 2))
    check_refused(call("compare", "first", "search", "--checkpoints", str(tmp_path)), 2, "varies learning-rate")
