"""The flat optimizer, compared with torch's own."""

import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatAdam, FlatParameters


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
    optimizer = FlatAdam(parameters, 0.003, torch.zeros(()))
    expected = torch.optim.Adam([vector], 0.003, fused=True)
    for _ in range(5):
        parameters.gradient.copy_(torch.randn(1_138))
        vector.grad = parameters.gradient.clone()
        optimizer.step()
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
    continuing = FlatAdam(first, 0.01, torch.zeros(()))
    first.gradient.copy_(torch.randn(1_138))
    continuing.step()
    restored = FlatAdam(second, 0.01, torch.zeros(()))
    restored.restore(continuing.state())
    second.values.copy_(first.values)
    second.gradient.copy_(first.gradient)
    continuing.step()
    restored.step()
    assert torch.equal(first.values, second.values)


def test_steps_after_divergence_change_nothing() -> None:
    parameters = FlatParameters(Baseline())
    diverged = torch.zeros(())
    optimizer = FlatAdam(parameters, 0.01, diverged)
    parameters.gradient.fill_(0.5)
    optimizer.step()
    values, state = parameters.values.clone(), optimizer.state()
    diverged.fill_(1)
    parameters.gradient.fill_(torch.nan)
    optimizer.step()
    optimizer.step()
    assert torch.equal(parameters.values, values)
    assert all(torch.equal(value, state[0][name]) for name, value in optimizer.state()[0].items())
