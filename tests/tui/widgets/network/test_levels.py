"""Levels: hysteresis, held scales, and numbers that are none."""

import numpy as np
import pytest

from emnist_tui.tui.widgets.network.levels import BLANK, LevelMemory, Scale, rounded_up


def test_levels_span_the_scale() -> None:
    memory = LevelMemory()
    assert memory.levels("a", np.array([[0, 3.5, 7]]), Scale(7)).tolist() == [[0, 4, 7]]
    assert memory.levels("b", np.array([[-2.0, 0, 1, 9]]), Scale(2, is_signed=True)).tolist() == [[-4, 0, 2, 4]]


def test_a_level_holds_until_its_value_is_well_beyond() -> None:
    memory, scale = LevelMemory(), Scale(7)
    levels = [int(memory.levels("a", np.array([[value]]), scale)[0, 0]) for value in (3.0, 3.85, 3.91, 3.15, 3.09)]
    assert levels == [3, 3, 4, 4, 3]


def test_levels_of_another_size_start_anew() -> None:
    memory, scale = LevelMemory(), Scale(7)
    memory.levels("a", np.array([[3.0]]), scale)
    assert memory.levels("a", np.array([[3.7, 3.7]]), scale).tolist() == [[4, 4]]


def test_a_forgotten_level_does_not_hold() -> None:
    memory, scale = LevelMemory(), Scale(7)
    memory.levels("a", np.array([[3.0]]), scale)
    memory.forget()
    assert memory.levels("a", np.array([[3.7]]), scale).tolist() == [[4]]


def test_a_dead_map_has_a_scale_and_level_zero() -> None:
    memory = LevelMemory()
    scale = memory.scale("maps", [np.zeros((2, 3, 3))])
    assert scale == Scale(1.0)
    assert not memory.levels("map", np.zeros((3, 3)), scale).any()


def test_numbers_that_are_none_are_blank() -> None:
    memory = LevelMemory()
    values = np.array([[np.nan, np.inf, -np.inf, 1.0]])
    scale = memory.scale("maps", [values])
    assert scale == Scale(1.0)
    assert memory.levels("map", values, scale).tolist() == [[BLANK, BLANK, BLANK, 7]]
    assert memory.scale("none", [np.full((2, 2), np.nan)]) == Scale(1.0)


def test_a_scale_grows_at_once_and_shrinks_when_half_was_enough_for_long() -> None:
    memory = LevelMemory()
    tops = [memory.scale("maps", [np.array([[value]])]).top for value in (2.0, 5.0, 3.0, *[2.0] * 20)]
    assert tops[:3] == [2.0, 5.0, 5.0]
    assert tops[3:22] == [5.0] * 19
    assert tops[22] == 2.0


def test_values_below_zero_make_a_scale_signed_for_good() -> None:
    memory = LevelMemory()
    assert memory.scale("maps", [np.array([[-3.0, 1.0]])]) == Scale(3.0, is_signed=True)
    assert memory.scale("maps", [np.array([[3.0, 1.0]])]).is_signed


@pytest.mark.parametrize(("number", "rounded"), [(0, 1), (0.21, 0.25), (1.0, 1.0), (7.3, 8.0), (830.0, 1000.0)])
def test_ends_of_scales_are_easy_to_read(number: float, rounded: float) -> None:
    assert rounded_up(number) == pytest.approx(rounded)
