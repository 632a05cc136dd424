"""The captured step, taken eagerly on the CPU: bit for bit the autograd step, in every recipe."""

import random
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.augmentation import distort
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.training.optimizer import FlatParameters, make_optimizer
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.cuda_graph import GraphStepper
from emnist_tui.learning.training.steps.device_stepper import NotCapturableError, StepBuffers
from emnist_tui.learning.training.steps.stepper import EpochPlan, Trainee
from emnist_tui.runs.config import TrainConfig
from tests.learning.training.steps.conftest import NewTrainee
from tests.support.small_dataset import bars, losses_by_step, small_dataset, start
from tests.support.ways import autograd, eager, graph, take_by

SPLIT = bars(64, seed=0)
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


class Replacing(nn.Module):
    """A network that replaces one buffer in each pass, and makes another."""

    center: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(784, 10)
        self.register_buffer("center", torch.zeros(784))
        self.register_buffer("last", None)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        pixels = images.flatten(1)
        self.center = self.center + pixels.detach().mean(0)
        self.last = pixels.detach()
        logits: torch.Tensor = self.head(pixels - self.center)
        return logits


def test_a_failed_capture_leaves_a_network_that_replaces_buffers_as_it_was() -> None:
    config, split = TrainConfig(batch_size=10), bars(60, seed=0)
    model = Replacing().train()
    parameters = FlatParameters(model)
    trainee = Trainee(model, parameters, make_optimizer(parameters, config), None)
    stepper = GraphStepper(trainee, AutogradPass(model, parameters, split), split, config)
    center, values = model.center, parameters.values.clone()
    with stepper._everything_restored():
        stepper._buffers.rates.fill_(0.01)
        stepper._whole_step(10)
        assert model.center is not center
        assert not torch.equal(parameters.values, values)
    assert model.center is center
    assert model.last is not None  # a graph may use what the first pass has made
    assert not center.any()
    assert torch.equal(parameters.values, values)


def test_the_first_distortions_change_nothing() -> None:
    split = bars(20, seed=0)
    distortions = StepBuffers(20, TrainConfig(augmentation=0.5), torch.device("cpu")).distortions
    assert distortions is not None
    images = scale(split.images)
    assert torch.allclose(distort(images, distortions), images, atol=1e-5)


class Odd(nn.Module):
    """A network with something that a captured step might not repeat."""

    mean: Tensor
    mask: Tensor | None

    def __init__(self, oddity: "Oddity") -> None:
        super().__init__()
        self.linear = nn.Linear(784, 10)
        self.register_buffer("mean", torch.zeros(10))
        self.register_buffer("mask", None, persistent=False)
        self.passes = 0
        self._oddity = oddity

    def forward(self, images: Tensor) -> Tensor:
        self._oddity(self)
        logits: Tensor = self.linear(images.flatten(1))
        return logits


Oddity = Callable[[Odd], object]


def make_mask(network: Odd) -> None:
    if network.mask is None:
        network.mask = torch.ones(10)


def count_passes(network: Odd) -> None:
    network.passes += 1


def replace_mean(network: Odd) -> None:
    network.mean = network.mean * 0.9


@pytest.mark.parametrize(
    ("oddity", "reason"),
    [
        (make_mask, None),
        (lambda network: network.mean.add_(1), None),
        (replace_mean, "it replaces a buffer in each pass"),
        (count_passes, "its passes draw random numbers or count on the host"),
        (lambda _: torch.rand(1), "its passes draw random numbers or count on the host"),
        (lambda _: random.random(), "its passes draw random numbers or count on the host"),
        (lambda _: np.random.rand(), "its passes draw random numbers or count on the host"),
    ],
    ids=["lazy buffer", "running buffer", "new buffer", "counter", "torch", "random", "numpy"],
)
def test_what_a_replay_would_not_repeat_is_found_before(oddity: Oddity, reason: str | None) -> None:
    config, network = TrainConfig(), Odd(oddity)
    parameters = FlatParameters(network)
    stepper = GraphStepper(
        trainee := Trainee(network, parameters, make_optimizer(parameters, config), None),
        autograd(trainee, SPLIT, config),
        SPLIT,
        config,
    )
    with pytest.raises(NotCapturableError, match=reason) if reason else nullcontext():
        stepper._warm_up()
