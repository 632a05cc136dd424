"""Chunks of steps, those of the captured step on the CPU."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.steps import device_stepper
from emnist_tui.learning.training.steps.device_stepper import DeviceStepper, NotCapturableError
from emnist_tui.learning.training.steps.stepper import EpochPlan, Trainee
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Batches, Event, PhaseStarted
from emnist_tui.runs.folder import RunFolder
from tests.learning.training.steps.conftest import NewTrainee
from tests.support.small_dataset import bars, losses_by_step, of_kind, small_dataset, start
from tests.support.ways import eager, graph, take_by


class SimulatedCard(DeviceStepper):
    """Steps that take so many seconds each on a card, and none of the host's time."""

    def __init__(self, trainee: Trainee, steps: int, seconds: float) -> None:
        config = TrainConfig(batch_size=1)
        super().__init__(trainee, bars(steps, seed=0), config)
        self.seconds = seconds
        self.now = self.done_at = 0.0

    def _launch(self, count: int) -> None:
        self.now += 1e-4
        self.done_at = max(self.now, self.done_at) + count * self.seconds

    def _fetch(self, count: int) -> None:
        super()._fetch(count)
        arrival: Any = Arrival(self, self.done_at)
        self._chunks.append(replace(self._chunks.pop(), arrived=arrival))


class Arrival:
    def __init__(self, card: SimulatedCard, when: float) -> None:
        self._card, self._when = card, when

    def query(self) -> bool:
        return self._card.now >= self._when

    def synchronize(self) -> None:
        self._card.now = max(self._card.now, self._when)


@pytest.mark.parametrize("seconds", [2.0, 0.02, 1e-3, 7e-6])
def test_chunks_adapt_to_the_time_of_steps(
    new_trainee: NewTrainee, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    steps = int(min(100_000, max(10, 1 / seconds)))
    card = SimulatedCard(new_trainee(TrainConfig(batch_size=1)), steps, seconds)
    monkeypatch.setattr(device_stepper, "perf_counter", lambda: card.now)
    card.begin(EpochPlan(torch.arange(steps), None, [0.01] * steps, []))
    counts: list[int] = []
    waits: list[float] = []
    read = 0
    while sum(counts) < steps:
        counts.append(card.take(steps))
        waits.append(card.done_at - card.now)
        if len(counts) % 3 == 0 and (results := card.read(wait=False)):
            read += len(results.loss)
    assert max(waits) <= max(0.075, 2 * seconds)  # what a request of the user waits for
    assert all(0.5 <= count * seconds / 0.025 <= 2 or count == 1 for count in counts[len(counts) // 2 : -1])
    remaining = card.read()
    assert read + (len(remaining.loss) if remaining else 0) == steps


def test_a_wait_of_the_host_does_not_change_chunks(new_trainee: NewTrainee, monkeypatch: pytest.MonkeyPatch) -> None:
    card = SimulatedCard(new_trainee(TrainConfig(batch_size=1)), 50_000, 1e-4)
    monkeypatch.setattr(device_stepper, "perf_counter", lambda: card.now)
    card.begin(EpochPlan(torch.arange(50_000), None, [0.01] * 50_000, []))
    before = [card.take(50_000) for _ in range(20)][-1]
    card.read()
    card.now += 3_600
    assert [card.take(50_000) for _ in range(3)] == pytest.approx([before] * 3, rel=0.05)


def test_chunks_are_no_longer_than_asked_for(new_trainee: NewTrainee) -> None:
    config = TrainConfig(batch_size=10)
    stepper = graph(new_trainee(config), bars(195, seed=0), config)
    stepper.begin(EpochPlan(torch.arange(195), None, [0.01] * 20, []))
    counts: list[int] = []
    while sum(counts) < 20:
        counts.append(stepper.take(min(3, 20 - sum(counts))))
    assert max(counts) <= 3
    results = stepper.read()
    assert results is not None
    assert results.images == [10] * 19 + [5]


@pytest.mark.parametrize("images", [64, 70])
def test_an_epoch_without_steps_left(new_trainee: NewTrainee, images: int) -> None:
    config = TrainConfig(augmentation=0.1, ema=0.9)
    stepper = graph(new_trainee(config), bars(images, seed=0), config)
    stepper.begin(EpochPlan(torch.arange(0), torch.zeros(0, 2, 3), [], []))
    assert stepper.read() is None


def test_only_a_smaller_batch(new_trainee: NewTrainee) -> None:
    config = TrainConfig(batch_size=32)
    losses = []
    for way in (eager, graph):
        stepper = way(new_trainee(config), bars(10, seed=0), config)
        stepper.begin(EpochPlan(torch.arange(10), None, [0.01], []))
        assert stepper.take(5) == 1
        results = stepper.read()
        assert results is not None
        assert results.images == [10]
        losses.append(results.loss)
    assert losses[0] == losses[1]


def test_every_batch_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_by(graph, monkeypatch)
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=2)).run())
    reports = of_kind(events, Batches)
    assert sum(len(report.loss) for report in reports) == 40
    assert [report.step for report in reports] == sorted({report.step for report in reports})


@pytest.mark.parametrize("epochs", [1, 2])
def test_resume_in_the_evaluation_after_a_smaller_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: int
) -> None:
    take_by(graph, monkeypatch)
    whole = start(tmp_path / "whole", small_dataset(train=70), TrainConfig(epochs=epochs))
    expected = losses_by_step(whole.run())
    trainer = start(tmp_path / "stopped", small_dataset(train=70), TrainConfig(epochs=epochs))
    events: list[Event] = []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, PhaseStarted):  # the evaluation
            trainer.request_stop()
    config, checkpoint = resume(RunFolder(tmp_path / "stopped"))
    resumed = start(tmp_path / "stopped", small_dataset(train=70), config, checkpoint)
    assert losses_by_step(events) | losses_by_step(resumed.run()) == expected


def test_short_memory_is_no_reason_for_a_slower_way() -> None:
    assert str(NotCapturableError.of(RuntimeError("not permitted\nSearch for"))) == "not permitted"
    with pytest.raises(torch.OutOfMemoryError):
        NotCapturableError.of(torch.OutOfMemoryError("CUDA out of memory"))
