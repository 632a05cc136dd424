"""Intervals, significance tests and calibration against published values and SciPy."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from emnist_tui.analysis.statistics import expected_calibration_error, mcnemar_p_value, wilson_interval


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    """R. G. Newcombe, Two-sided confidence intervals for the single proportion, Stat. Med. 17 (1998), table I."""
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_agrees_with_scipy(counts: tuple[int, int], confidence: float) -> None:
    expected = binomtest(*counts).proportion_ci(confidence, method="wilson")
    low, high = wilson_interval(*counts, confidence)
    assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)
    assert 0 <= low <= counts[0] / counts[1] <= high <= 1


def test_wilson_stays_within_zero_and_one() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert wilson_interval(0, 10)[0] == 0.0
    assert wilson_interval(10, 10)[1] == 1.0
    for successes, trials in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="impossible"):
            wilson_interval(successes, trials)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0, 0, 1.0),
        (7, 7, 1.0),
        (0, 5, 2 / 32),
        (1, 5, 2 * (1 + 6) / 64),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
        (6, 7, 1.0),
    ],
)
def test_mcnemar_matches_values_by_hand(first: int, second: int, expected: float) -> None:
    assert mcnemar_p_value(first, second) == pytest.approx(expected, rel=1e-12)
    assert mcnemar_p_value(second, first) == mcnemar_p_value(first, second)


def test_mcnemar_gives_the_published_p_value() -> None:
    """A. Agresti, Categorical Data Analysis (1990), p. 350: 150 against 86; R's exact2x2 reports 3.716e-05."""
    assert mcnemar_p_value(150, 86) == pytest.approx(3.716e-05, abs=5e-9)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar_agrees_with_scipy(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar_p_value(first, second) == pytest.approx(expected, rel=1e-8, abs=1e-200)  # below, SciPy gives up


@pytest.mark.parametrize(("first", "second"), [(20_000, 20_400), (499_000, 501_000), (240, 3_000)])
def test_mcnemar_keeps_its_digits_for_large_counts(first: int, second: int) -> None:
    assert mcnemar_p_value(first, second) == pytest.approx(binomtest(first, first + second).pvalue, rel=1e-7)


def test_mcnemar_underflows_to_zero_and_refuses_negative_counts() -> None:
    assert mcnemar_p_value(0, 10_000) == 0.0
    with pytest.raises(ValueError, match="negative"):
        mcnemar_p_value(-1, 3)


def test_calibration_error_matches_a_value_by_hand() -> None:
    """Ten bins: two predictions at 0.95, one of them correct; one at 0.55, correct; one at 0.35, wrong."""
    confidences = np.array([0.95, 0.55, 0.95, 0.35])
    correct = np.array([True, True, False, False])
    expected = 2 / 4 * abs(0.5 - 0.95) + 1 / 4 * abs(1 - 0.55) + 1 / 4 * abs(0 - 0.35)
    assert expected_calibration_error(confidences, correct, bins=10) == pytest.approx(expected)
    assert expected_calibration_error(confidences, correct, bins=1) == pytest.approx(abs(0.5 - confidences.mean()))


def test_an_edge_belongs_to_the_bin_below() -> None:
    edge = expected_calibration_error(np.array([0.5, 0.25]), np.array([True, False]), bins=2)
    assert edge == pytest.approx(abs(0.5 - 0.375))
    above = expected_calibration_error(np.array([0.501, 0.25]), np.array([True, False]), bins=2)
    assert above == pytest.approx((0.499 + 0.25) / 2)


def test_calibration_error_is_zero_or_one_at_its_extremes() -> None:
    assert expected_calibration_error(np.array([]), np.array([], bool)) == 0.0
    assert expected_calibration_error(np.ones(4), np.ones(4, bool)) == 0.0
    assert expected_calibration_error(np.ones(4), np.zeros(4, bool)) == 1.0
    assert expected_calibration_error(np.zeros(4), np.ones(4, bool)) == 1.0


@given(st.lists(st.tuples(st.floats(0.1, 1), st.booleans()), min_size=1, max_size=60), st.integers(1, 20))
def test_calibration_error_follows_its_definition(predictions: list[tuple[float, bool]], bins: int) -> None:
    """Bin m holds confidences in ((m - 1) / M, m / M]."""
    expected = 0.0
    edges = np.linspace(0, 1, bins + 1)
    for low, high in pairwise(edges):
        inside = [(confidence, correct) for confidence, correct in predictions if low < confidence <= high]
        if inside:
            accuracy = sum(correct for _, correct in inside) / len(inside)
            confidence = sum(confidence for confidence, _ in inside) / len(inside)
            expected += len(inside) / len(predictions) * abs(accuracy - confidence)
    found = expected_calibration_error(
        np.array([c for c, _ in predictions]), np.array([r for _, r in predictions]), bins
    )
    assert found == pytest.approx(expected, abs=1e-12)
