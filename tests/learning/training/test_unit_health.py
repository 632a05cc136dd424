import numpy as np
import pytest

from emnist_tui.learning.training.unit_health import WINDOW, ChanceDetector, is_stuck_at_chance, steps_until_telling

GUESSING = np.random.default_rng(0).normal(2.311, 0.03, 2000).tolist()
"""As a dead network's losses are at the documented recipe."""


def test_guessing_is_stuck_and_learning_is_not() -> None:
    assert is_stuck_at_chance(GUESSING[:WINDOW])
    assert not is_stuck_at_chance(np.linspace(2.31, 2.26, WINDOW).tolist())
    assert not is_stuck_at_chance([0.3] * WINDOW)


@pytest.mark.parametrize(("learning_rate", "steps"), [(0.1, 300), (0.01, 300), (0.001, 500), (0.0001, 5000)])
def test_a_slow_network_is_given_time(learning_rate: float, steps: int) -> None:
    assert steps_until_telling(learning_rate) == steps


def test_it_is_told_once_and_as_soon_as_it_can_be_told() -> None:
    watch = ChanceDetector(0.01)
    told = {step: watch.take([GUESSING[step]], step) for step in range(1, 1000)}
    found = {step: loss for step, loss in told.items() if loss is not None}
    assert found == {300: pytest.approx(np.mean(GUESSING[101:301]))}


def test_after_a_resume_a_window_of_batches_is_awaited() -> None:
    watch = ChanceDetector(0.01)
    assert watch.take(GUESSING[: WINDOW - 1], 5000) is None
    assert watch.take(GUESSING[:1], 5001) is not None


def test_a_network_that_left_chance_is_not_told_later() -> None:
    watch = ChanceDetector(0.01)
    assert watch.take([0.5] * 300, 300) is None
    assert watch.take(GUESSING, 2300) is None
