from collections.abc import Callable

import pytest
import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.training.steps.cpu_batch_innermost.plan import plan_layers
from tests.support.step_networks import three_channels


def test_layers_are_planned_with_their_activations() -> None:
    network = three_channels()
    layers = plan_layers(network)
    assert layers is not None
    assert [layer.module for layer in layers] == [network.layers[index] for index in (0, 3, 7, 9)]
    sigmoid, relu, hidden_relu, output = (layer.activation for layer in layers)
    assert relu is hidden_relu
    assert output is None
    assert sigmoid is not None
    values = torch.tensor([-1.0, 2.0])
    sigmoid.apply_(values)
    assert torch.equal(values, torch.tensor([-1.0, 2.0]).sigmoid())


class Louder(Baseline):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images) * 2


def convolution(**options: object) -> Callable[[], nn.Module]:
    return lambda: Chain(
        nn.Conv2d(1, 2, **({"kernel_size": 5} | options)),  # type: ignore[arg-type]
        *(nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(10)),
    )


@pytest.mark.parametrize(
    "network",
    [
        Louder,
        nn.Flatten,
        convolution(kernel_size=4),
        convolution(stride=2),
        convolution(padding=1),
        convolution(padding="same"),
        convolution(dilation=2),
        convolution(bias=False),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.ReLU(), nn.MaxPool2d(3), nn.Flatten(), nn.Linear(128, 10)),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(288, 10)),
        lambda: Chain(nn.Flatten(), nn.Linear(784, 10)),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
    ],
)
def test_an_unsupported_network_has_no_plan(network: Callable[[], nn.Module]) -> None:
    assert plan_layers(network()) is None


def test_frozen_and_tied_parameters_are_not_supported() -> None:
    frozen, tied = Baseline(), Chain(nn.Conv2d(1, 1, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), *_tied())
    next(frozen.parameters()).requires_grad_(False)
    assert plan_layers(Baseline()) is not None
    assert plan_layers(frozen) is None
    assert plan_layers(tied) is None


def _tied() -> list[nn.Module]:
    layer = nn.Linear(169, 169)
    return [layer, nn.ReLU(), layer, nn.ReLU(), nn.Linear(169, 10)]
