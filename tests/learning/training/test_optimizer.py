"""The flat optimizer, compared with torch's own."""

import copy

import pytest
import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.compact import Compact
from emnist_tui.learning.training.optimizer import FlatAdam, FlatParameters, make_optimizer
from emnist_tui.runs.config import TrainConfig


def test_parameters_and_gradients_are_views_of_the_vectors() -> None:
    model = Baseline()
    before = model.layers[7].bias.clone()  # type: ignore[operator]
    parameters = FlatParameters(model)
    assert torch.equal(parameters.values[-10:], before)
    parameters.values.fill_(2)
    parameters.gradient.fill_(3)
    for parameter in model.parameters():
        assert parameter.grad is not None
        assert (parameter == 2).all()
        assert (parameter.grad == 3).all()


def test_steps_and_state_are_bit_for_bit_those_of_torchs_adam() -> None:
    model = Baseline()
    parameters = FlatParameters(model)
    vector = nn.Parameter(parameters.values.clone())
    optimizer = FlatAdam(parameters, TrainConfig())
    expected = torch.optim.Adam([vector], 0.003, fused=True)
    for _ in range(5):
        parameters.gradient.copy_(torch.randn(1_138))
        vector.grad = parameters.gradient.clone()
        optimizer.step(0.003)
        expected.step()
    assert torch.equal(parameters.values, vector)
    (expected_state,) = expected.state_dict()["state"].values()
    for number, shape in enumerate(parameter.shape for parameter in model.parameters()):
        entries = optimizer.state()[number]
        assert entries.keys() == expected_state.keys()
        assert entries["step"] == expected_state["step"] == 5
        assert entries["exp_avg"].shape == entries["exp_avg_sq"].shape == shape
    for name in ("exp_avg", "exp_avg_sq"):
        flat = torch.cat([entries[name].flatten() for entries in optimizer.state().values()])
        assert torch.equal(flat, expected_state[name])


def test_a_restored_optimizer_continues_from_its_state() -> None:
    first, second = FlatParameters(Baseline()), FlatParameters(Baseline())
    continuing = FlatAdam(first, TrainConfig())
    first.gradient.copy_(torch.randn(1_138))
    continuing.step(0.01)
    restored = FlatAdam(second, TrainConfig())
    restored.restore(continuing.state())
    second.values.copy_(first.values)
    second.gradient.copy_(first.gradient)
    continuing.step(0.01)
    restored.step(0.01)
    assert torch.equal(first.values, second.values)


@pytest.mark.parametrize("loss", [torch.inf, -torch.inf, torch.nan])
def test_steps_from_a_non_finite_loss_on_change_nothing(loss: float) -> None:
    parameters = FlatParameters(Baseline())
    optimizer = FlatAdam(parameters, TrainConfig())
    parameters.gradient.fill_(0.5)
    optimizer.check(torch.tensor(0.25))
    optimizer.step(0.01)
    values, state = parameters.values.clone(), optimizer.state()
    for later in (loss, 0.25):
        parameters.gradient.fill_(torch.nan)
        optimizer.check(torch.tensor(later))
        optimizer.step(0.01)
    assert torch.equal(parameters.values, values)
    assert all(torch.equal(value, state[0][name]) for name, value in optimizer.state()[0].items())


def test_channels_last_changes_the_order_in_memory_alone() -> None:
    torch.manual_seed(0)
    model = Compact()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images = torch.rand(4, 1, 28, 28)
    expected = model.eval()(images)
    parameters = FlatParameters(model, channels_last=True)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.layers[4].weight.is_contiguous(memory_format=torch.channels_last)  # type: ignore[operator]
    torch.testing.assert_close(model(images), expected)
    parameters.values.zero_()
    assert all((parameter == 0).all() for parameter in model.parameters())


def torchs_own(config: TrainConfig, decayed: list[nn.Parameter], others: list[nn.Parameter]) -> torch.optim.Optimizer:
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    match config.optimizer:
        case "adam":
            return torch.optim.Adam(groups, 0.01)
        case "adamw":
            return torch.optim.AdamW(groups, 0.01, betas=(0.9, 0.99))
    return torch.optim.SGD(groups, 0.01, momentum=0.9)


@pytest.mark.parametrize("clip_norm", [0.0, 2.0, 1e4])
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_every_optimizer_steps_as_torchs_own(name: str, weight_decay: float, clip_norm: float) -> None:
    config = TrainConfig(optimizer=name, weight_decay=weight_decay, clip_norm=clip_norm)
    model = Compact()
    plain = copy.deepcopy(model)
    parameters = FlatParameters(model)
    optimizer = make_optimizer(parameters, config)
    is_decayed = [parameter.dim() > 1 for parameter in plain.parameters()]
    expected = torchs_own(
        config,
        [parameter for parameter, decays in zip(plain.parameters(), is_decayed, strict=True) if decays],
        [parameter for parameter, decays in zip(plain.parameters(), is_decayed, strict=True) if not decays],
    )
    for rate in (0.01, 0.02, 0.005):
        parameters.gradient.copy_(torch.randn(len(parameters.gradient)))
        for parameter, gradient in zip(plain.parameters(), parameters.split(parameters.gradient), strict=True):
            parameter.grad = gradient.clone()
        optimizer.step(rate)
        if clip_norm:
            nn.utils.clip_grad_norm_(plain.parameters(), clip_norm)
        for group in expected.param_groups:
            group["lr"] = rate
        expected.step()
    for trained, parameter in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(trained, parameter)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_every_state_is_restored(name: str) -> None:
    config = TrainConfig(optimizer=name, weight_decay=0.1)
    torch.manual_seed(0)
    parameters = FlatParameters(Compact())
    optimizer = make_optimizer(parameters, config)
    parameters.gradient.copy_(torch.randn(1_267))
    optimizer.step(0.01)
    values, state = parameters.values.clone(), optimizer.state()
    parameters.gradient.copy_(torch.randn(1_267))
    gradient = parameters.gradient.clone()
    optimizer.step(0.01)
    stepped = parameters.values.clone()

    restored = make_optimizer(parameters, config)
    restored.restore(state)
    parameters.values.copy_(values)
    parameters.gradient.copy_(gradient)
    restored.step(0.01)
    assert torch.equal(parameters.values, stepped)


def test_tied_parameters_are_one_and_frozen_ones_stay() -> None:
    first, second, frozen = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)
    second.weight = first.weight
    frozen.weight.requires_grad_(False)
    frozen.bias.requires_grad_(False)
    before = frozen.weight.clone()
    parameters = FlatParameters(nn.Sequential(first, second, frozen))
    assert len(parameters.values) == 9 + 3 + 3
    make_optimizer(parameters, TrainConfig(optimizer="adamw", weight_decay=1.0)).step(0.5)
    parameters.values.fill_(7)
    assert second.weight is first.weight
    assert bool(torch.eq(second.weight, 7).all())
    assert torch.equal(frozen.weight, before)
