"""Mean curve of several seeds, with its band."""

import numpy as np
import pytest

from emnist_tui.runs.history import Floats
from emnist_tui.tui.widgets.charts.seed_curve import seed_curve


def straight(level: float, last: int = 100) -> tuple[Floats, Floats]:
    x = np.arange(1.0, last + 1)
    return x, np.full(last, level)


def test_the_band_is_a_standard_deviation_on_each_side_of_the_mean() -> None:
    curve = seed_curve([straight(level) for level in (0.1, 0.2, 0.3)], 100)
    assert curve.y == pytest.approx(0.2)
    assert curve.band
    assert curve.band[1] == pytest.approx(0.1)
    assert curve.band[2] == pytest.approx(0.3)
    assert len(curve.members) == 3


def test_the_mean_is_that_of_the_seeds_that_have_come_so_far() -> None:
    curve = seed_curve([straight(0.2, 50), straight(0.4)], 100)
    assert curve.y[curve.x <= 50] == pytest.approx(0.3)
    assert curve.y[curve.x > 50] == pytest.approx(0.4)
    assert curve.band
    assert curve.band[0][-1] == 50


def test_one_seed_has_no_band() -> None:
    curve = seed_curve([straight(0.2)], 100)
    assert curve.band
    assert len(curve.band[0]) == 0


def test_a_growing_curve_keeps_its_points() -> None:
    before, after = (seed_curve([straight(0.2, last), straight(0.3, last)], 50_000) for last in (9_000, 9_100))
    assert np.array_equal(before.x, after.x[: len(before.x)])
    assert len(after.x) > len(before.x)


def test_long_runs_have_few_points() -> None:
    assert len(seed_curve([straight(0.2, 30_000)], 30_000).x) <= 1_201


@pytest.mark.parametrize("members", [[], [(np.empty(0), np.empty(0))], [(np.array([1.0]), np.array([np.nan]))]])
def test_nothing_finite_gives_no_curve(members: list[tuple[Floats, Floats]]) -> None:
    assert len(seed_curve(members, 100).x) == 0


def test_a_single_step_is_a_point() -> None:
    assert seed_curve([(np.array([1.0]), np.array([2.3]))], 0).x.tolist() == [1.0]
