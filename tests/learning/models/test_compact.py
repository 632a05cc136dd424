import torch

from emnist_tui.learning.models.compact import Compact
from emnist_tui.learning.models.registry import count_parameters


def test_shape_and_parameters() -> None:
    network = Compact()
    assert network(torch.rand(3, 1, 28, 28)).shape == (3, 10)
    assert count_parameters(network) == 1_267


def test_every_parameter_decides() -> None:
    network = Compact()
    network(torch.rand(8, 1, 28, 28)).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in network.parameters())
