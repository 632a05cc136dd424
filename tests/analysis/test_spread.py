import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from emnist_tui.analysis.spread import Spread, t_p_value, t_quantile

FREEDOMS = (1, 2, 3, 4, 4.37, 9, 29, 99, 999, 50_000)


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("t", [0.0, 0.01, 0.7, 2.0, -2.0, 12.7, 63.0, 900.0])
def test_p_values_agree_with_scipy(t: float, freedom: float) -> None:
    assert t_p_value(t, freedom) == pytest.approx(2 * stats.t.sf(abs(t), freedom), rel=1e-10, abs=1e-300)


@pytest.mark.parametrize("freedom", FREEDOMS)
@pytest.mark.parametrize("probability", [0.025, 0.5, 0.9, 0.975, 0.995, 0.9999])
def test_quantiles_agree_with_scipy(probability: float, freedom: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(stats.t.ppf(probability, freedom), rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_intervals_agree_with_scipy(values: list[float]) -> None:
    spread = Spread.of(values)
    if spread.interval is None:
        assert spread.sd == 0
        return
    expected = stats.t.interval(0.95, len(values) - 1, spread.mean, stats.sem(values))
    assert spread.interval == pytest.approx(tuple(expected), rel=1e-8, abs=1e-11)


def test_the_standard_deviation_is_of_a_sample() -> None:
    assert Spread.of([0.1, 0.2, 0.3]).sd == pytest.approx(0.1)


def test_one_value_shows_no_spread() -> None:
    assert Spread.of([0.9]) == Spread(1, 0.9, None, None)


def test_equal_values_give_no_interval() -> None:
    assert Spread.of([0.1 + 0.2, 0.3]).interval is None
    assert Spread.of([0.1 + 0.2, 0.3]).sd == 0


@pytest.mark.parametrize("values", [[], [math.nan], [0.5, math.inf]])
def test_values_without_a_mean_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        Spread.of(values)


@pytest.mark.parametrize("freedom", [0, -1, math.nan])
def test_impossible_degrees_of_freedom_are_refused(freedom: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        t_p_value(1.0, freedom)


@pytest.mark.parametrize("probability", [0, 1, math.nan])
def test_impossible_probabilities_are_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        t_quantile(probability, 3)


def test_an_infinite_statistic_has_no_chance() -> None:
    assert t_p_value(math.inf, 3) == 0


def test_json_has_a_null_where_nothing_is_known() -> None:
    assert Spread.of([0.9]).to_json() == {"n": 1, "mean": 0.9, "sd": None, "interval": None}
    assert Spread.of([0.8, 0.9]).to_json()["interval"] == pytest.approx([0.85 - 0.6353, 0.85 + 0.6353], abs=1e-4)
