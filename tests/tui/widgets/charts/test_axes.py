"""Axes of a chart: round limits with hysteresis, and labels that fit."""

import math

import numpy as np
import pytest

from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS, last_step_shown, round_above, step_ticks


@pytest.mark.parametrize(
    ("step", "total", "expected"),
    [
        (0, 10_125, 500),
        (0, 0, 500),
        (501, 0, 1_000),
        (500, 10_125, 500),
        (501, 10_125, 1_000),
        (1_001, 10_125, 2_000),
        (4_999, 10_125, 5_000),
        (5_001, 10_125, 10_125),
        (10_125, 10_125, 10_125),
        (10, 120, 120),
        (60_000, 0, 100_000),
        (300, 200, 500),
    ],
)
def test_the_step_axis_grows_in_round_steps(step: int, total: int, expected: int) -> None:
    assert last_step_shown(step, total) == expected


@pytest.mark.parametrize("last", [1, 120, 500, 10_125, 22_500, 1_000_000])
@pytest.mark.parametrize("columns", [8, 50, 100, 190])
def test_step_labels_are_round_and_do_not_overlap(last: int, columns: int) -> None:
    ticks = step_ticks(last, columns)
    interval = ticks[1][0] if len(ticks) > 1 else 1
    assert str(int(interval)).rstrip("0") in ("1", "2", "5")
    assert all(label == f"{int(step):,}" and step <= last for step, label in ticks)
    assert sum(len(label) + 2 for _, label in ticks) <= max(columns, 2 * (len(f"{last:,}") + 2))


@pytest.mark.parametrize(("value", "expected"), [(2.3, 5.0), (1.0, 1.0), (0.07, 0.1), (0.0, 1.0), (math.nan, 1.0)])
def test_round_above_returns_the_next_round_number(value: float, expected: float) -> None:
    assert round_above(value) == pytest.approx(expected)


def test_the_loss_axis_zooms_in_and_out_at_different_losses() -> None:
    seen = []
    level = 0
    for now in (2.2, 1.0, 0.31, 0.29, 0.45, 0.29, 0.12, 0.2, 0.12):
        smooth = np.array([2.3, now])
        level = LOSS.zoom_level(level, smooth, np.empty(0))
        seen.append(LOSS.limits(level, smooth, np.empty(0)))
    assert seen == [(0, 2.5)] * 3 + [(0, 1.0)] * 3 + [(0, 0.5)] * 3


def test_the_accuracy_axis_zooms_in_unless_an_evaluation_would_be_hidden() -> None:
    smooth, no_marks = np.array([0.1, 0.97]), np.empty(0)
    assert ACCURACY.limits(ACCURACY.zoom_level(0, smooth, no_marks), smooth, no_marks) == (0.9, 1.0)
    marks = np.array([0.85, 0.97])
    assert ACCURACY.limits(ACCURACY.zoom_level(3, smooth, marks), smooth, marks) == (0.5, 1.0)


def test_value_labels_are_round_and_equally_wide() -> None:
    assert [label for _, label in LOSS.ticks((0, 2.5), 20)] == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]
    assert [label for _, label in ACCURACY.ticks((0.9, 1.0), 16)] == [
        " 90 %",
        " 92 %",
        " 94 %",
        " 96 %",
        " 98 %",
        "100 %",
    ]
    assert [label for _, label in ACCURACY.ticks((0.0, 1.0), 4)] == ["  0 %", "100 %"]
