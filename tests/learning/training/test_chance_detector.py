from typing import Any

import numpy as np
import pytest

from emnist_tui.learning.training.chance_detector import WINDOW, ChanceDetector, is_stuck_at_chance
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.schedule import learning_rate

GUESSING = np.random.default_rng(0).normal(2.311, 0.03, 2000).tolist()
"""Losses of a dead network with the documented recipe."""


def test_guessing_is_stuck_and_learning_is_not() -> None:
    assert is_stuck_at_chance(GUESSING[:WINDOW])
    assert not is_stuck_at_chance(np.linspace(2.31, 2.26, WINDOW).tolist())
    assert not is_stuck_at_chance([0.3] * WINDOW)


def first_check(config: TrainConfig, steps: int = 20_000) -> int | None:
    """Return the step at which a network that guesses is reported."""
    detector = ChanceDetector(steps)
    reported = [step for step in range(1, steps + 1) if detector.update([GUESSING[step % 2000]], step, config)]
    assert len(reported) < 2
    return reported[0] if reported else None


@pytest.mark.parametrize(("rate", "step"), [(0.1, 300), (0.01, 300), (0.001, 500), (0.0001, 5000), (1e-5, None)])
def test_a_lower_learning_rate_has_more_steps_until_the_check(rate: float, step: int | None) -> None:
    found = first_check(TrainConfig(learning_rate=rate))
    assert found == (step and pytest.approx(step, abs=1))


@pytest.mark.parametrize(
    "values",
    [{"schedule": "one-cycle"}, {"schedule": "one-cycle", "warmup": 0.5}, {"warmup": 0.25}, {"schedule": "cosine"}],
)
@pytest.mark.parametrize("rate", [0.01, 0.003])
def test_the_rates_of_the_schedule_decide_when_it_is_checked(values: dict[str, Any], rate: float) -> None:
    config = TrainConfig(learning_rate=rate, **values)
    found, steps = first_check(config), 20_000
    assert found is not None
    assert found == 300 or sum(learning_rate(config, step, steps) for step in range(found)) == pytest.approx(0.5, 0.05)


def test_sgd_has_more_steps_until_the_check_than_adam() -> None:
    assert first_check(TrainConfig(optimizer="sgd")) == pytest.approx(1000, abs=1)
    assert first_check(TrainConfig(optimizer="sgd", clip_norm=0.1)) == pytest.approx(10_000, abs=1)
    assert first_check(TrainConfig(optimizer="adamw")) == 300


def test_a_lowered_learning_rate_puts_the_check_off() -> None:
    detector = ChanceDetector(5000)
    updates = {
        step: detector.update([GUESSING[step % 2000]], step, TrainConfig(learning_rate=0.001 if step < 250 else 0.0001))
        for step in range(1, 5001)
    }
    assert [step for step, loss in updates.items() if loss] == [pytest.approx(2750, abs=50)]


def test_a_stuck_network_is_reported_once_at_the_first_check() -> None:
    detector = ChanceDetector(1000)
    updates = {step: detector.update([GUESSING[step]], step, TrainConfig()) for step in range(1, 1000)}
    reported = {step: loss for step, loss in updates.items() if loss is not None}
    assert reported == {300: pytest.approx(np.mean(GUESSING[101:301]))}


@pytest.mark.parametrize("schedule", ["constant", "one-cycle"])
def test_a_resumed_run_is_checked_after_a_window_of_batches(schedule: str) -> None:
    detector, config = ChanceDetector(6000), TrainConfig(schedule=schedule)
    assert detector.update(GUESSING[: WINDOW - 1], 5000, config) is None
    assert detector.update(GUESSING[:1], 5001, config) is not None


def test_a_network_that_left_chance_is_never_reported() -> None:
    detector = ChanceDetector(3000)
    assert detector.update([0.5] * 300, 300, TrainConfig()) is None
    assert detector.update(GUESSING, 2300, TrainConfig()) is None
