"""Courses of the learning rate, compared with torch's own schedulers."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR

from emnist_tui.runs.config import SCHEDULES, TrainConfig
from emnist_tui.runs.schedule import automatic_warmup, course_of, learning_rate, learning_rates

STEPS = 200


def rates(config: TrainConfig) -> list[float]:
    return [learning_rate(config, step, STEPS) for step in range(STEPS)]


def rates_of_torch(make: "type[LRScheduler]", **options: object) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 0.02)
    scheduler = make(optimizer, **options)  # type: ignore[arg-type]
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_a_constant_rate_is_exactly_the_configs() -> None:
    assert rates(TrainConfig(learning_rate=0.0123)) == [0.0123] * STEPS


def test_cosine_is_torchs() -> None:
    config = TrainConfig(learning_rate=0.02, schedule="cosine")
    assert rates(config) == pytest.approx(rates_of_torch(CosineAnnealingLR, T_max=STEPS))


@pytest.mark.parametrize(("warmup", "share"), [(None, 0.25), (0.25, 0.25), (0.4, 0.4)])
def test_one_cycle_is_torchs(warmup: float | None, share: float) -> None:
    config = TrainConfig(learning_rate=0.02, schedule="one-cycle", warmup=warmup)
    expected = rates_of_torch(OneCycleLR, max_lr=0.02, total_steps=STEPS + 1, pct_start=share, cycle_momentum=False)
    ours = [learning_rate(config, step, STEPS + 1) for step in range(STEPS)]
    assert ours == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
@pytest.mark.parametrize("warmup", [0.1, 0.5, 0.9])
def test_the_rate_rises_during_the_warmup_only(schedule: str, warmup: float) -> None:
    found = rates(TrainConfig(learning_rate=0.02, schedule=schedule, warmup=warmup))
    top = found.index(max(found))
    assert max(found) == pytest.approx(0.02, rel=0.06)
    assert abs(top - warmup * STEPS) <= 1
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert min(found) > 0


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
@pytest.mark.parametrize("warmup", [None, 0.0, 0.9])
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_short_runs_have_rates(schedule: str, warmup: float | None, steps: int) -> None:
    config = TrainConfig(learning_rate=0.02, schedule=schedule, warmup=warmup)
    assert all(0 < learning_rate(config, step, steps) <= 0.02 for step in range(steps))


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_a_step_past_the_end_has_the_last_rate(schedule: str) -> None:
    config = TrainConfig(schedule=schedule)
    assert learning_rate(config, STEPS + 50, STEPS) == pytest.approx(learning_rate(config, STEPS, STEPS))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_an_automatic_warmup_trains_as_if_it_was_named(schedule: str) -> None:
    automatic = TrainConfig(schedule=schedule)
    named = replace(automatic, warmup=automatic_warmup(schedule))
    assert [learning_rate(automatic, step, 20) for step in range(20)] == [
        learning_rate(named, step, 20) for step in range(20)
    ]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup", [None, 0, 0.1])
def test_the_course_of_a_rate_is_named_exactly_where_it_changes(schedule: str, warmup: float | None) -> None:
    config = TrainConfig(schedule=schedule, warmup=warmup)
    assert (course_of(config) is None) is (len(set(rates(config))) == 1)


def test_a_course_is_named_by_what_changes_the_rate() -> None:
    assert course_of(TrainConfig(schedule="cosine", warmup=0.1)) == "cosine"
    assert course_of(TrainConfig(warmup=0.1)) == "warm-up"


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("warmup", [None, 0.0, 0.3])
def test_the_rates_of_many_steps_are_those_of_each(schedule: str, warmup: float | None) -> None:
    config = TrainConfig(learning_rate=0.0123, schedule=schedule, warmup=warmup)
    assert learning_rates(config, 7, STEPS - 7, STEPS) == rates(config)[7:]
