"""Chunks of steps, those of the captured step on the CPU."""

from pathlib import Path

import pytest
import torch

from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.steps import device_stepper
from emnist_tui.learning.training.steps.stepper import EpochPlan
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Batches
from tests.learning.training.steps.conftest import NewTrainee
from tests.support.small_dataset import bars, of_kind, small_dataset, start
from tests.support.ways import eager, graph, take_by


def test_chunks_adapt_to_the_time_of_steps(new_trainee: NewTrainee, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    monkeypatch.setattr(device_stepper, "perf_counter", lambda: next(clock) / 100)
    config = TrainConfig(batch_size=1)
    trainee, split = new_trainee(config), bars(200, seed=0)
    stepper = graph(trainee, split, config)
    stepper.begin(EpochPlan(torch.arange(200), None, [0.01] * 200, []))
    assert [stepper.take(1000) for _ in range(3)] == [20, 40, 80]  # 10 ms each, by this clock
    assert stepper.take(7) == 7
    assert stepper.take(1000) == 17
    results = stepper.read()
    assert isinstance(results, BatchResults)
    assert results.images == [1] * 164


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
