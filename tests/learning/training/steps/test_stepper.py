"""A network in training, and the plan of its steps."""

import pytest
import torch

from emnist_tui.learning.training.steps.stepper import EpochPlan
from emnist_tui.runs.config import TrainConfig
from tests.learning.training.steps.conftest import NewTrainee
from tests.support.small_dataset import bars
from tests.support.ways import eager


@pytest.mark.parametrize(
    "config",
    [TrainConfig(), TrainConfig(optimizer="sgd"), TrainConfig.of(model="compact", batch_size=32, ema=0.9)],
    ids=["documented", "SGD", "compact"],
)
def test_putting_all_tensors_back_undoes_a_step(new_trainee: NewTrainee, config: TrainConfig) -> None:
    trainee, other = new_trainee(config), new_trainee(config)
    before = [tensor.clone() for tensor in trainee.tensors()]
    plan = EpochPlan(torch.arange(32), None, [0.01], [0.5] if config.ema else [])
    step = eager(trainee, bars(32, seed=0), config)
    step.begin(plan)
    step.take(1)
    stepped = [tensor.clone() for tensor in trainee.tensors()]
    assert any(not torch.equal(old, new) for old, new in zip(before, stepped, strict=True))
    for tensor, old in zip(trainee.tensors(), before, strict=True):
        tensor.copy_(old)
    again = eager(trainee, bars(32, seed=0), config), eager(other, bars(32, seed=0), config)
    for stepper in again:
        stepper.begin(plan)
        stepper.take(1)
    for one, two in zip(trainee.tensors(), other.tensors(), strict=True):
        assert torch.equal(one, two)


def test_tensors_contain_frozen_parameters_once(new_trainee: NewTrainee) -> None:
    trainee = new_trainee(TrainConfig())
    whole = sum(tensor.numel() for tensor in trainee.tensors())
    last = list(trainee.model.parameters())[-1].requires_grad_(False)
    assert any(tensor is last for tensor in trainee.tensors())
    assert sum(tensor.numel() for tensor in trainee.tensors()) == whole + last.numel()
