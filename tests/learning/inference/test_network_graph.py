"""Networks traced into graphs: numpy computes what torch computes, or the graph says that it cannot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from emnist_tui.analysis.network.forward import forward
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph
from emnist_tui.analysis.network.network import InputScale
from emnist_tui.learning.inference.examine import examine
from emnist_tui.learning.inference.input_format import InputFormat, Scaling
from emnist_tui.learning.inference.network_graph import to_network, trace
from emnist_tui.learning.models.registry import build_model, load_definition
from emnist_tui.runs.models import MODELS
from tests.support.own_networks import STYLES, write_network
from tests.support.step_networks import one_convolution, three_channels


class Functional(nn.Module):
    """A network of one convolution and a function of its maps."""

    def __init__(self, compute: Callable[[Tensor], Tensor], features: int) -> None:
        super().__init__()
        self.conv, self.out = nn.Conv2d(1, 4, 5, stride=2, padding=1), nn.Linear(features, 10)
        self.compute = compute

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.out(self.compute(self.conv(images)))
        return logits


def randomized(network: nn.Module) -> nn.Module:
    """Give a network's norms statistics that are not those of a fresh one."""
    generator = torch.Generator().manual_seed(1)
    for key, value in network.state_dict().items():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape, generator=generator) - (0.0 if "running" in key else 0.5))
    return network.eval()


def assert_numpy_computes(network: nn.Module, graph: Graph) -> None:
    images = np.random.default_rng(3).integers(0, 256, (4, 28, 28), dtype=np.uint8)
    values = forward(to_network(network, graph=graph), images, np.float64)
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(images)[:, None].float() / 255).numpy()
    np.testing.assert_allclose(values[graph.nodes[-1].name], expected, atol=1e-4 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("model", MODELS)
def test_numpy_computes_the_models_of_the_table(model: str) -> None:
    network = randomized(build_model(model))
    graph = trace(network)
    assert graph.is_computable
    assert_numpy_computes(network, graph)


@pytest.mark.parametrize("build", [three_channels, one_convolution])
def test_numpy_computes_networks_of_other_sizes(build: Callable[[], nn.Module]) -> None:
    network = build()
    graph = trace(network)
    assert graph.is_computable
    assert_numpy_computes(network, graph)


# 4×13×13 maps go in.
COMPUTED = {
    "functions": (lambda x: functional.max_pool2d(functional.relu(x), 2).flatten(1), 144),
    "methods": (lambda x: functional.avg_pool2d(x.sigmoid(), 3).reshape(len(x), -1), 64),
    "views": (lambda x: functional.silu(x).view(x.size(0), -1), 676),
    "in place": (lambda x: functional.relu(functional.max_pool2d(x, 4), inplace=True).flatten(1), 36),
    "clamp": (lambda x: functional.max_pool2d(x.clamp(min=0), 4).flatten(1), 36),
    "sums": (lambda x: functional.max_pool2d(x + x.sigmoid(), 4).flatten(1), 36),
    "of itself": (lambda x: functional.max_pool2d(x + x, 4).flatten(1), 36),
    "added in place": (lambda x: functional.max_pool2d(functional.mish(x).add_(x), 4).flatten(1), 36),
    "adaptive": (lambda x: functional.adaptive_max_pool2d(x, 1).flatten(1), 4),
    "squeezed": (lambda x: functional.adaptive_avg_pool2d(x, 1).squeeze(-1).squeeze(-1), 4),
    "means": (lambda x: x.mean(-1).mean(-1), 4),
    "scaled": (lambda x: (x * x.mean((2, 3), keepdim=True).sigmoid() / 3 - 0.5).flatten(1), 676),
    "joined": (lambda x: torch.cat([x.tanh(), functional.gelu(x)], 1).mean((-2, -1)), 8),
    "normed": (lambda x: functional.layer_norm(functional.group_norm(x, 2), [13]).flatten(1), 676),
    "of instances": (lambda x: functional.instance_norm(x).flatten(1), 676),
    "bounded": (lambda x: functional.hardtanh(functional.leaky_relu(x, 0.2), -0.1, 0.1).flatten(1), 676),
    "smooth": (lambda x: functional.softplus(functional.elu(functional.hardswish(x))).flatten(1), 676),
    "padded pools": (
        lambda x: functional.avg_pool2d(functional.max_pool2d(x, 3, 2, 1, 1, True), 3, 2, 1).flatten(1),
        64,
    ),
    "dropout": (lambda x: functional.max_pool2d(functional.dropout(x, training=False), 4).flatten(1), 36),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_functions_and_methods_become_operations(name: str) -> None:
    compute, features = COMPUTED[name]
    network = Functional(compute, features)
    graph = trace(network)
    assert graph.is_computable
    assert_numpy_computes(network, graph)


def test_nodes_are_named_by_modules_and_functions(tmp_path: Path) -> None:
    graph = trace(load_definition(write_network(tmp_path, "ResNet")).build())
    names = [node.name for node in graph.nodes]
    assert names[:5] == ["stem", "block1.conv", "block1.norm", "block1.add", "block1.relu"]
    assert names[-2:] == ["mean", "head"]
    assert graph.nodes[3].inputs == ("stem", "block1.norm")


@pytest.mark.parametrize("name", STYLES)
def test_every_network_of_ones_own_has_a_graph(tmp_path: Path, name: str) -> None:
    network = load_definition(write_network(tmp_path, name)).build()
    graph = trace(network)
    known = {INPUT}
    for node in graph.nodes:
        assert set(node.inputs) <= known
        known.add(node.name)
        if node.operation == UNKNOWN:
            assert node.settings["type"]
    assert len(known) == len(graph.nodes) + 1
    assert graph.nodes[-1].name in ("head", "out", "mul")
    if graph.is_computable:
        assert_numpy_computes(network, graph)


class Doubled(nn.Conv2d):
    def forward(self, input: Tensor) -> Tensor:
        return torch.mul(super().forward(input), 2)


class Narrow(nn.Module):
    """Values of half the width in between."""

    def forward(self, values: Tensor) -> Tensor:
        return values.bfloat16().relu().float()


class Masked(nn.Conv2d):
    def forward(self, input: Tensor) -> Tensor:
        given: Tensor = self._conv_forward(input, self.weight * self.weight.sign(), self.bias)
        return given


@pytest.mark.parametrize("kind", [Doubled, Masked])
def test_a_layer_with_a_forward_of_its_own_is_not_mistaken(kind: type[nn.Conv2d]) -> None:
    network = nn.Sequential(kind(1, 2, 3), nn.Flatten(), nn.Linear(2 * 26 * 26, 10))
    graph = trace(network)
    assert graph.nodes[0].operation == ("conv" if kind is Doubled else UNKNOWN)
    if graph.is_computable:
        assert_numpy_computes(network, graph)


def test_hooks_of_a_layer_are_part_of_the_graph() -> None:
    conv = nn.Conv2d(1, 2, 3)
    conv.register_forward_hook(lambda module, inputs, output: output.relu())
    graph = trace(nn.Sequential(conv, nn.Flatten(), nn.Linear(2 * 26 * 26, 10)))
    assert [node.operation for node in graph.nodes] == ["conv", "relu", "flatten", "linear"]


def test_constants_that_depend_on_the_image_are_unknown() -> None:
    graph = trace(Functional(lambda x: (x * float(x.max())).flatten(1), 676))
    assert [node.operation for node in graph.nodes] == ["conv", UNKNOWN, UNKNOWN, UNKNOWN]


def test_values_that_torch_does_not_see_are_unknown() -> None:
    graph = trace(Functional(lambda x: torch.from_numpy(x.detach().numpy() * 2).flatten(1), 676))
    assert not graph.is_computable
    assert [node.name for node in graph.nodes] == ["conv", "output"]


def test_steps_after_a_look_at_the_values_are_unknown() -> None:
    graph = trace(Functional(lambda x: (x.relu() if x[0].sum() > -1e9 else x.tanh()).flatten(1), 676))
    assert [node.operation for node in graph.nodes] == ["conv", UNKNOWN, UNKNOWN, UNKNOWN]


def test_a_network_that_takes_other_steps_for_other_images_is_one_unknown_step() -> None:
    graph = trace(Functional(lambda x: (x.relu() if len(x) == 5 else x.tanh()).flatten(1), 676))
    assert [(node.name, node.operation) for node in graph.nodes] == [("output", UNKNOWN)]


def test_a_network_of_endless_steps_is_one_unknown_step() -> None:
    def compute(x: Tensor) -> Tensor:
        for _ in range(2_001):
            x = x + 1
        return x.flatten(1)

    network = Functional(compute, 676)
    graph = trace(network)
    assert [(node.name, node.inputs) for node in graph.nodes] == [("output", (INPUT,))]
    assert examine(network, np.zeros((28, 28), np.uint8), 1, to_network(network, graph=graph)).logits.shape == (10,)


@pytest.mark.filterwarnings("ignore")
def test_a_compiled_network_is_not_compiled_for_the_trace() -> None:
    network = torch.compile(build_model("baseline"), backend=lambda graph, inputs: pytest.fail("compiled"))
    graph = trace(network)  # type: ignore[arg-type]
    assert [node.name for node in graph.nodes][:2] == ["layers.0", "layers.1"]
    assert graph.nodes[0].weights["weight"] in network.state_dict()  # type: ignore[attr-defined]
    assert graph.is_computable


@pytest.mark.parametrize(
    "buffer", [torch.ones(2, dtype=torch.bfloat16), torch.ones(2).to_sparse()], ids=["bf", "sparse"]
)
def test_tensors_that_numpy_does_not_have_are_passed_over(buffer: Tensor) -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    network.register_buffer("other", buffer)
    assert trace(network).is_computable


def test_steps_of_a_type_that_numpy_does_not_have_are_described() -> None:
    network = nn.Sequential(nn.Flatten(), Narrow(), nn.Linear(784, 10))
    assert [node.operation for node in trace(network).nodes][-1] == "linear"


@pytest.mark.filterwarnings("ignore:.*nested tensors is in prototype stage")
@pytest.mark.parametrize(
    "compute",
    [
        lambda x: torch.vmap(lambda maps: maps.mean() * maps.flatten())(x),
        lambda x: torch.nested.to_padded_tensor(torch.nested.nested_tensor([maps.flatten() for maps in x]), 0),
        lambda x: x.flatten(1).to_sparse().to_dense(),
        lambda x: torch.fft.rfft2(x).abs().flatten(1)[:, :4].repeat(1, 169),
        lambda x: torch.stack([maps.flatten() for maps in x.unbind(0)]),
        lambda x: torch.func.grad(lambda maps: (maps**2).sum())(x).flatten(1),
    ],
    ids=["vmap", "nested", "sparse", "complex", "list", "gradient"],
)
def test_unusual_tensors_are_unknown_steps(compute: Callable[[Tensor], Tensor]) -> None:
    network = Functional(compute, 676)
    graph = trace(network)
    assert not graph.is_computable
    image = np.random.default_rng(1).integers(0, 256, (28, 28), dtype=np.uint8)
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(image)[None, None].float() / 255)[0].numpy()
    np.testing.assert_allclose(examine(network, image, 1, to_network(network, graph=graph)).logits, expected, atol=1e-5)


def test_parts_that_do_not_reach_the_logits_are_left_out() -> None:
    def compute(x: Tensor) -> Tensor:
        x.relu()
        return x.flatten(1)

    assert [node.name for node in trace(Functional(compute, 676)).nodes] == ["conv", "flatten", "out"]


def test_a_changed_view_makes_what_follows_unknown() -> None:
    def compute(x: Tensor) -> Tensor:
        y = x.relu()
        y[:, :1].zero_()
        return y.flatten(1)

    graph = trace(Functional(compute, 676))
    assert not graph.is_computable


def test_tracing_leaves_the_network_and_random_numbers_alone() -> None:
    network = build_model("compact").train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.get_rng_state()
    trace(network)
    assert network.training
    assert all(module.training for module in network.modules())
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_tracing_leaves_what_a_forward_keeps_alone() -> None:
    kept: list[int] = []

    class Keeping(Functional):
        def forward(self, images: Tensor) -> Tensor:
            kept.append(len(images))
            self.conv.bias.data.add_(torch.rand(()))  # type: ignore[union-attr]
            return super().forward(images)

    network = Keeping(lambda x: x.flatten(1), 676)
    before, state = network.conv.bias.clone(), torch.get_rng_state()  # type: ignore[union-attr]
    trace(network)
    assert len(kept) == 2
    assert torch.equal(network.conv.bias, before)  # type: ignore[arg-type]
    assert torch.equal(torch.get_rng_state(), state)


def test_the_scale_of_the_trained_input_is_the_networks() -> None:
    network = to_network(build_model("baseline"), InputFormat(Scaling(0.5, 0.25)))
    assert network.scale == InputScale(4, -2)
    assert all(weight.dtype == np.float32 for weight in network.weights.values())
