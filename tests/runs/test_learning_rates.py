"""Recorded changes of the learning rate."""

from emnist_tui.runs.events import LearningRateChanged
from emnist_tui.runs.learning_rates import add_change


def held(*recorded: tuple[int, float]) -> list[tuple[int, float]]:
    changes: list[LearningRateChanged] = []
    for step, rate in recorded:
        add_change(changes, LearningRateChanged(epoch=1, step=step, learning_rate=rate))
    return [(change.step, change.learning_rate) for change in changes]


def test_changes_hold_in_order() -> None:
    assert held((10, 0.1), (20, 0.2), (30, 0.3)) == [(10, 0.1), (20, 0.2), (30, 0.3)]


def test_a_later_change_replaces_those_of_its_step_and_after() -> None:
    assert held((10, 0.1), (20, 0.2), (30, 0.3), (20, 0.4)) == [(10, 0.1), (20, 0.4)]
