"""Small charts of columns."""

import math

import pytest

from emnist_tui.text.sparkline import sparkline


def test_columns_reach_from_the_smallest_to_the_largest_value() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == ["▁▂▃▄▅▆▇█"]
    assert sparkline([7, 0], 2, height=2) == ["█ ", "█▁"]


def test_values_are_averaged_or_repeated_to_fill_the_width() -> None:
    assert sparkline([0, 0, 10, 10], 2) == ["▁█"]
    assert sparkline([0, 10], 6) == ["▁▁▁███"]
    assert sparkline([5], 3) == ["▁▁▁"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_unknown_values_leave_a_gap(value: float) -> None:
    assert sparkline([0, value, 1], 3) == ["▁ █"]
    assert sparkline([value], 2, height=2) == ["  ", "  "]


def test_no_room_and_no_values_are_no_error() -> None:
    assert sparkline([], 5, height=2) == ["", ""]
    assert sparkline([1, 2], 0) == [""]
    assert sparkline([1, 2], 4, height=0) == []
