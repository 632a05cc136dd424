import pytest
import torch
from torch import nn

from emnist_tui.learning.training.steps.cuda_fused.coefficients import adam_coefficients


def test_coefficients_take_the_steps_of_torchs_adam() -> None:
    weight = nn.Parameter(torch.tensor([0.5, -2.0], dtype=torch.float64))
    optimizer = torch.optim.Adam([weight])
    values, mean, square = weight.detach().clone(), torch.zeros(2).double(), torch.zeros(2).double()
    rates = [0.01, 0.03, 0.002, 0.01]
    for rate, (factor, root) in zip(rates, adam_coefficients(rates, 0).tolist(), strict=True):
        gradient = torch.tensor([rate, -3.0]).double()
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = gradient.clone()
        optimizer.step()
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        values -= factor * mean / (square.sqrt() / root + 1e-8)
    torch.testing.assert_close(values, weight.detach(), rtol=1e-7, atol=1e-9)


def test_later_steps_continue_the_table() -> None:
    rates = [0.01 * number for number in range(1, 8)]
    assert torch.equal(adam_coefficients(rates[3:], 3), adam_coefficients(rates, 0)[3:])
    assert adam_coefficients([], 5).shape == (0, 2)


def test_corrections_vanish_after_many_steps() -> None:
    ((rate, root),) = adam_coefficients([0.01], 1_000_000).tolist()
    assert rate == pytest.approx(0.01)
    assert root == 1


@pytest.mark.parametrize("step", [1, 399, 401, 7_000, 39_999, 40_001])
def test_corrections_are_those_of_the_formula(step: int) -> None:
    coefficients = adam_coefficients([0.01], step - 1)
    exact = torch.tensor([[0.01 / (1 - 0.9**step), (1 - 0.999**step) ** 0.5]], dtype=torch.float64)
    assert torch.equal(coefficients, exact.float())
