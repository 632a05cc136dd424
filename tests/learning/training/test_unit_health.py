import numpy as np
import pytest

from emnist_tui.learning.training.unit_health import WINDOW, ChanceDetector, is_stuck_at_chance, steps_until_check

GUESSING = np.random.default_rng(0).normal(2.311, 0.03, 2000).tolist()
"""Losses of a dead network with the documented recipe."""


def test_guessing_is_stuck_and_learning_is_not() -> None:
    assert is_stuck_at_chance(GUESSING[:WINDOW])
    assert not is_stuck_at_chance(np.linspace(2.31, 2.26, WINDOW).tolist())
    assert not is_stuck_at_chance([0.3] * WINDOW)


@pytest.mark.parametrize(("learning_rate", "steps"), [(0.1, 300), (0.01, 300), (0.001, 500), (0.0001, 5000)])
def test_a_lower_learning_rate_has_more_steps_until_the_check(learning_rate: float, steps: int) -> None:
    assert steps_until_check(learning_rate) == steps


def test_a_stuck_network_is_reported_once_at_the_first_check() -> None:
    detector = ChanceDetector(0.01)
    updates = {step: detector.update([GUESSING[step]], step) for step in range(1, 1000)}
    reported = {step: loss for step, loss in updates.items() if loss is not None}
    assert reported == {300: pytest.approx(np.mean(GUESSING[101:301]))}


def test_a_resumed_run_is_checked_after_a_window_of_batches() -> None:
    detector = ChanceDetector(0.01)
    assert detector.update(GUESSING[: WINDOW - 1], 5000) is None
    assert detector.update(GUESSING[:1], 5001) is not None


def test_a_network_that_left_chance_is_never_reported() -> None:
    detector = ChanceDetector(0.01)
    assert detector.update([0.5] * 300, 300) is None
    assert detector.update(GUESSING, 2300) is None
