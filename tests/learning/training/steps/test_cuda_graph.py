"""The captured step, taken eagerly on the CPU: bit for bit the autograd step, in every recipe."""

from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.steps import device_stepper
from emnist_tui.learning.training.steps.stepper import EpochPlan
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Batches
from tests.learning.training.steps.conftest import NewTrainee
from tests.support.small_dataset import bars, losses_by_step, of_kind, small_dataset, start
from tests.support.ways import eager, graph, take_by

RECIPES = {
    "documented": TrainConfig(),
    "SGD with decay and clipping": TrainConfig(optimizer="sgd", weight_decay=0.01, clip_norm=0.5),
    "AdamW with decay": TrainConfig(optimizer="adamw", weight_decay=0.05, schedule="one-cycle"),
    "averaged": TrainConfig(ema=0.9, schedule="cosine", warmup=0.1),
    "augmented and smoothed": TrainConfig(augmentation=0.5, label_smoothing=0.1),
    "compact": TrainConfig.of(model="compact"),
    "accurate": TrainConfig.of(model="accurate", batch_size=64),
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_run_is_that_of_the_autograd_step_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: str
) -> None:
    config = RECIPES[recipe]
    dataset = small_dataset(train=225, test=20)  # the last batch of an epoch has one image
    checkpoints, losses = [], []
    for way in (eager, graph):
        take_by(way, monkeypatch)
        training = start(tmp_path / way.__name__, dataset, TrainConfig.of(**{**vars(config), "epochs": 2}))
        losses.append(losses_by_step(training.run()))
        checkpoints.append(load_checkpoint(tmp_path / way.__name__ / "last.pt"))
    assert losses[0] == losses[1]
    first, second = checkpoints
    assert all(torch.equal(weight, second.state_dict[name]) for name, weight in first.state_dict.items())
    assert first.training is not None
    assert second.training is not None
    assert first.training.progress.correct == second.training.progress.correct
    for number, entries in first.training.optimizer.items():
        assert all(torch.equal(entry, second.training.optimizer[number][name]) for name, entry in entries.items())


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


def test_a_diverged_network_keeps_its_last_finite_weights(new_trainee: NewTrainee) -> None:
    config = TrainConfig(optimizer="sgd", batch_size=10)
    weights = []
    for way in (eager, graph):
        trainee = new_trainee(config)
        stepper = way(trainee, bars(60, seed=0), config)
        stepper.begin(EpochPlan(torch.arange(60), None, [0.01, 1e38, 0.01, 0.01, 0.01, 0.01], []))
        taken = 0
        while taken < 6:
            taken += stepper.take(6 - taken)
        results = stepper.read()
        assert results is not None
        assert results.diverged
        weights.append(trainee.parameters.values)
    assert torch.equal(*weights)


def test_every_batch_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_by(graph, monkeypatch)
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=2)).run())
    reports = of_kind(events, Batches)
    assert sum(len(report.loss) for report in reports) == 40
    assert [report.step for report in reports] == sorted({report.step for report in reports})
