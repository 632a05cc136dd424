"""Axes of a chart: limits with hysteresis, and evenly spaced labels that fit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.tui.widgets.charts.axes import (
    ACCURACY,
    LOSS,
    Axis,
    Limits,
    Ticks,
    even_interval,
    hold_log,
    positive_range,
    round_above,
    round_below,
    settled,
    step_scale,
)

lengths = st.floats(1e-12, 1e15)


def spacing(ticks: Ticks) -> set[int]:
    cells = [cell for cell, _ in ticks]
    return set(np.diff(cells).tolist())


@given(first=st.floats(0, 1e12), length=st.floats(1, 1e12), columns=st.integers(8, 400))
def test_step_ticks_are_even_round_and_inside_and_labels_do_not_overlap(
    first: float, length: float, columns: int
) -> None:
    limits, ticks = step_scale(first, first + length, columns)
    assert limits[0] == first
    assert limits[1] >= (first + length) * (1 - 1e-9)
    assert len(spacing(ticks)) <= 1
    assert all(0 <= column < columns for column, _ in ticks)
    steps = [int(label.replace(",", "")) for _, label in ticks]
    assert len(set(np.diff(steps).tolist())) <= 1
    if len(ticks) > 1:
        interval = steps[1] - steps[0]
        assert str(interval).rstrip("0") in ("1", "2", "5")
        assert all(step % interval == 0 for step in steps)
        widest = max(len(label) for _, label in ticks)
        assert min(spacing(ticks)) > widest or columns <= widest + 4


@given(length=st.floats(300, 1e9), columns=st.integers(60, 400))
def test_the_step_axis_ends_soon_after_its_last_step(length: float, columns: int) -> None:
    limits, ticks = step_scale(0.0, length, columns)
    assert limits[1] <= length * 1.35
    assert len(ticks) >= 2


@given(axis=st.sampled_from([LOSS, ACCURACY]), length=st.floats(1e-3, 1e15), rows=st.integers(2, 100))
def test_value_ticks_are_even_and_inside_and_labels_differ(axis: Axis, length: float, rows: int) -> None:
    limits, ticks = axis.scale((0.0, length) if axis is LOSS else (1 - length, 1.0), rows, is_log=False)
    assert limits[1] - limits[0] >= length * (1 - 1e-9)
    assert axis.best in limits
    assert len(spacing(ticks)) <= 1
    assert all(0 <= row < rows for row, _ in ticks)
    labels = [label for _, label in ticks]
    assert len(set(labels)) == len(labels)
    assert len({len(label) for label in labels}) == 1
    assert all(not label.startswith("-") for label in labels)


def test_most_of_the_rows_are_used_and_several_labeled() -> None:
    for length in (0.05, 0.1, 0.2, 0.5, 0.9, 1.0, 2.5, 5.0):
        for rows in range(2, 100):
            limits, ticks = LOSS.scale((0.0, length), rows, is_log=False)
            assert length / (limits[1] - limits[0]) > (0.69 if rows >= 6 else 0.35), (length, rows)
            assert len(ticks) >= (3 if rows > 10 else 2 if rows > 3 else 1), (length, rows)


@given(low=st.floats(1e-15, 1e15), ratio=st.floats(1.0, 1e20), rows=st.integers(2, 100))
def test_logarithmic_ticks_are_round_and_inside(low: float, ratio: float, rows: int) -> None:
    limits = hold_log(None, low, low * ratio)
    (lower, upper), ticks = LOSS.scale(limits, rows, is_log=True)
    assert lower < upper
    assert ticks
    rows_of = [row for row, _ in ticks]
    assert all(0 <= row < rows for row in rows_of)
    assert rows_of == sorted(set(rows_of))
    for row, label in ticks:
        value = float(label)
        assert label.strip()[0] in "0125"
        expected = (math.log10(value) - lower) / (upper - lower) * (rows * 4 - 1) / 4
        assert abs(row - expected) <= 1.0


def test_powers_of_ten_are_evenly_spaced() -> None:
    _, ticks = LOSS.scale((0.001, 5.0), 14, is_log=True)
    assert [label.strip() for _, label in ticks] == ["0.001", "0.01", "0.1", "1", "10"]
    assert len(spacing(ticks)) == 1


def test_one_power_of_ten_is_divided() -> None:
    _, ticks = LOSS.scale((0.05, 1.0), 14, is_log=True)
    assert [label.strip() for _, label in ticks] == ["0.05", "0.1", "0.2", "0.5", "1"]


@pytest.mark.parametrize(
    ("lowest", "highest"), [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (5e-324, 5e-324), (0.0, math.inf), (1e-300, 1e300)]
)
def test_a_logarithmic_axis_survives_any_values(lowest: float, highest: float) -> None:
    limits = hold_log(None, lowest, highest)
    assert 0 < limits[0] < limits[1]
    (lower, upper), ticks = LOSS.scale(limits, 14, is_log=True)
    assert lower < upper
    assert ticks


def test_a_logarithmic_axis_holds_until_values_leave_it_or_need_less_than_half() -> None:
    held = hold_log(None, 0.06, 1.8)
    assert held == (0.05, 2.0)
    assert hold_log(held, 0.051, 1.0) == held
    assert hold_log(held, 0.049, 1.8) == (0.02, 2.0)
    assert hold_log(held, 0.5, 0.6) == (0.5, 1.0)


def test_positive_values_alone_choose_a_logarithmic_axis() -> None:
    assert positive_range([np.array([0.0, -1.0, 0.5]), np.empty(0), np.array([2.0])]) == (0.5, 2.0)
    assert positive_range([np.zeros(3)]) == (0.0, 0.0)


def test_the_first_means_do_not_choose_the_axis() -> None:
    assert settled(np.arange(100.0)).tolist() == list(range(10, 100))
    assert settled(np.array([3.0, 4.0])).tolist() == [4.0]
    assert settled(np.empty(0)).tolist() == []


def test_the_loss_axis_zooms_in_and_out_at_different_losses() -> None:
    held: Limits | None = None
    seen = []
    for now in (2.2, 1.0, 0.45, 0.39, 0.6, 0.39, 0.19, 0.3, 0.34, 0.36, 0.3):
        held = LOSS.hold(held, now, 2.3)
        seen.append(held[1])
    assert seen == [2.5, 2.5, 2.5, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 1.0, 1.0]


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_the_current_value_is_always_within_the_axis(values: list[float]) -> None:
    held: Limits | None = None
    for end, now in enumerate(values, 1):
        held = LOSS.hold(held, now, max(values[:end]))
        assert now <= held[1] * (1 + 1e-9)


@given(center=st.floats(1e-3, 1.0), noise=st.lists(st.floats(-0.15, 0.15), min_size=2, max_size=40))
def test_a_noisy_value_moves_the_axis_at_most_once(center: float, noise: list[float]) -> None:
    held = LOSS.hold(None, center, 2.5)
    moves = 0
    for share in noise:
        before, held = held, LOSS.hold(held, center * (1 + share), 2.5)
        moves += before != held
    assert moves <= 1


def test_the_accuracy_axis_zooms_in_unless_an_evaluation_would_be_hidden() -> None:
    assert ACCURACY.hold(None, 0.03, 0.9) == pytest.approx((0.9, 1.0))
    assert ACCURACY.hold(None, 0.15, 0.9) == pytest.approx((0.5, 1.0))
    assert ACCURACY.hold(None, 0.9, 0.9) == pytest.approx((0.1, 1.0))
    assert ACCURACY.hold(None, 0.0, 0.0) == pytest.approx((0.98, 1.0))


def test_the_distance_is_that_of_the_value_furthest_from_the_best() -> None:
    assert LOSS.distance(np.array([0.5, 2.0, 1.0])) == 2.0
    assert ACCURACY.distance(np.array([0.25, 1.0])) == 0.75
    assert ACCURACY.distance(np.empty(0)) == 0.0


def test_value_labels_are_round_and_equally_wide() -> None:
    assert [label for _, label in LOSS.scale((0.0, 2.5), 20, is_log=False)[1]] == ["0", "1", "2"]
    assert [label for _, label in LOSS.scale((0.0, 0.5), 14, is_log=False)[1]] == ["0.0", "0.2", "0.4"]
    accuracy = [label for _, label in ACCURACY.scale((0.9, 1.0), 16, is_log=False)[1]]
    assert accuracy == [" 90 %", " 92 %", " 94 %", " 96 %", " 98 %", "100 %"]


@given(length=lengths, cells=st.floats(1.75, 400), least=st.integers(1, 30))
def test_an_interval_covers_the_length_in_whole_cells(length: float, cells: float, least: int) -> None:
    interval, each = even_interval(length, cells, least, (1.0, 2.0, 5.0))
    assert interval * cells / each >= length * (1 - 1e-6)
    assert each >= min(least, int(cells))


@pytest.mark.parametrize(("value", "expected"), [(2.3, 5.0), (1.0, 1.0), (0.07, 0.1), (0.0, 1.0), (math.nan, 1.0)])
def test_round_above_returns_the_next_round_number(value: float, expected: float) -> None:
    assert round_above(value) == pytest.approx(expected)


@pytest.mark.parametrize(("value", "expected"), [(2.3, 2.0), (1.0, 1.0), (0.07, 0.05), (0.019, 0.01)])
def test_round_below_returns_the_round_number_before(value: float, expected: float) -> None:
    assert round_below(value) == pytest.approx(expected)
