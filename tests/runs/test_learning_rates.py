"""Recorded changes of the learning rate, and the steps of its keys."""

import math

import pytest

from emnist_tui.runs.events import LearningRateChanged
from emnist_tui.runs.learning_rates import add_change, next_rate, rate_at


def held(*recorded: tuple[int, float]) -> list[tuple[int, float]]:
    changes: list[LearningRateChanged] = []
    for step, rate in recorded:
        add_change(changes, LearningRateChanged(epoch=1, step=step, learning_rate=rate))
    return [(change.step, change.learning_rate) for change in changes]


def test_changes_hold_in_order() -> None:
    assert held((10, 0.1), (20, 0.2), (30, 0.3)) == [(10, 0.1), (20, 0.2), (30, 0.3)]


def test_a_later_change_replaces_those_of_its_step_and_after() -> None:
    assert held((10, 0.1), (20, 0.2), (30, 0.3), (20, 0.4)) == [(10, 0.1), (20, 0.4)]


@pytest.mark.parametrize("rate", [math.nan, math.inf, 0.0, -0.1, 1e9])
def test_an_invalid_rate_is_ignored(rate: float) -> None:
    assert held((10, 0.1), (5, rate), (20, rate)) == [(10, 0.1)]


def test_a_change_holds_from_its_step_on() -> None:
    changes = [LearningRateChanged(epoch=1, step=step, learning_rate=rate) for step, rate in ((10, 0.1), (20, 0.2))]
    assert [rate_at(changes, step, 0.01) for step in (0, 9, 10, 19, 20, 1000)] == [0.01, 0.01, 0.1, 0.1, 0.2, 0.2]


@pytest.mark.parametrize(
    ("rate", "down", "up"),
    [
        (0.01, 0.005, 0.02),
        (0.02, 0.01, 0.05),
        (0.05, 0.02, 0.1),
        (0.003, 0.002, 0.005),
        (0.0999, 0.05, 0.1),
        (0.30000000000000004, 0.2, 0.5),
        (0.1 + 1e-17, 0.05, 0.2),
        (1, 0.5, 2),
        (1e-9, None, 2e-9),
        (1.5e-9, 1e-9, 2e-9),
        (100, 50, None),
        (70, 50, 100),
    ],
)
def test_keys_step_along_1_2_5(rate: float, down: float | None, up: float | None) -> None:
    assert (next_rate(rate, is_up=False), next_rate(rate, is_up=True)) == (down, up)


def test_up_and_down_over_all_rates_meet_the_same_exact_numbers() -> None:
    rising, rate = [1e-9], next_rate(1e-9, is_up=True)
    while rate is not None:
        rising.append(rate)
        rate = next_rate(rate, is_up=True)
    falling, rate = [100.0], next_rate(100.0, is_up=False)
    while rate is not None:
        falling.append(rate)
        rate = next_rate(rate, is_up=False)
    assert rising == falling[::-1]
    assert len(rising) == 34
    assert {0.001, 0.002, 0.005, 0.01} <= set(rising)
