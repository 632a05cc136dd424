"""Every network of the registry and of one's own on digits: values and gradients are those of torch's modules."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from emnist_tui.analysis.network.forward import compute_logits, examine
from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.analysis.network.network import Network, Pass
from emnist_tui.analysis.network.shapes import check
from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.network_graph import to_network
from emnist_tui.learning.models.layers import Residual
from emnist_tui.learning.models.registry import build_model, load_definition
from emnist_tui.runs.models import MODELS
from tests.support.networks_in_numpy import stirred
from tests.support.own_networks import write_network
from tests.support.slow import slow
from tests.support.torch_graph import assert_same_pass

COUNTS = [4, *slow([200])]


def as_trained(model: nn.Module) -> nn.Module:
    """Give a network weights as after training, statistics included."""
    generator = torch.Generator().manual_seed(0)
    for key, weight in model.state_dict().items():
        if key.endswith("running_var"):
            weight.copy_(torch.rand(weight.shape, generator=generator) * 1.5 + 0.5)
        elif weight.is_floating_point() and weight.ndim == 1:
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.3 + key.endswith(".weight"))
        elif weight.is_floating_point():
            spread = (2 / weight[0].numel()) ** 0.5
            weight.copy_(torch.randn(weight.shape, generator=generator) * spread)
    return model.eval()


class ByModules:
    """Passes of a torch network in float64, with the outputs of its modules by their names."""

    def __init__(self, model: nn.Module, network: Network) -> None:
        self._model = model.double()
        self._network = network
        names = {node.name for node in network.graph.nodes}
        self._values: dict[str, Tensor] = {}
        for name, module in model.named_modules():
            node = f"{name}.add" if isinstance(module, Residual) else name
            if node in names:
                module.register_forward_hook(lambda _, __, output, node=node: self._take(node, output))

    def examine(self, image: NDArray[np.uint8], true: int) -> Pass:
        ink = torch.tensor(image[None, None] / 255, requires_grad=True)
        self._values = {INPUT: ink}
        self._model.zero_grad()
        cross_entropy(self._model(ink), torch.tensor([true])).backward()  # type: ignore[no-untyped-call]
        return Pass(
            self._network,
            image,
            {name: value[0].detach().numpy() for name, value in self._values.items()},
            true,
            {name: value.grad[0].numpy() for name, value in self._values.items() if value.grad is not None},
            {key: each.grad.numpy() for key, each in self._model.named_parameters() if each.grad is not None},
        )

    def _take(self, node: str, output: Tensor) -> None:
        output.retain_grad()
        self._values[node] = output


def assert_like_torch(model: nn.Module, count: int) -> None:
    """Compare all values and gradients of digits, and the logits of all at once."""
    network = to_network(model)
    check(network)
    images, labels = draw_digits(count, 5)
    images = stirred(images)
    by_modules = ByModules(model, network)
    logits = []
    for image, label in zip(images, labels, strict=True):
        expected, found = by_modules.examine(image, int(label)), examine(network, image, int(label))
        assert len(expected.values) == len(expected.gradients) > 3
        kept = Pass(
            network,
            image,
            {name: found.values[name] for name in expected.values},
            found.true,
            {name: found.gradients[name] for name in expected.gradients},
            found.weight_gradients,
        )
        assert_same_pass(kept, expected)
        logits.append(expected.logits)
    np.testing.assert_allclose(compute_logits(network, images, np.float64), logits, rtol=0, atol=1e-5)
    np.testing.assert_allclose(compute_logits(network, images), logits, rtol=0, atol=1e-3 * np.abs(logits).max())


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", MODELS)
def test_networks_of_the_registry_are_those_of_torch(name: str, count: int) -> None:
    assert_like_torch(as_trained(build_model(name)), count)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", ["ResNet"])
def test_networks_of_ones_own_are_those_of_torch(name: str, count: int, tmp_path: Path) -> None:
    assert_like_torch(as_trained(load_definition(write_network(tmp_path, name)).build()), count)
