import numpy as np
import pytest
import torch
from torch import nn

from emnist_tui.analysis.explain.activity import activity, measure
from emnist_tui.analysis.network.forward import forward
from emnist_tui.analysis.network.network import Network
from emnist_tui.learning.inference.unit_activity import UnitActivity
from tests.support.explained_networks import Builder, digit

IMAGES = np.stack([digit(seed) for seed in range(30)])
MODULES: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "hardsigmoid": nn.Hardsigmoid,
    "hardtanh": nn.Hardtanh,
}


def two_layers(operation: str, bias: list[float]) -> tuple[Network, nn.Module]:
    """Return a convolution of four filters with these biases and a linear layer, twice."""
    build = Builder(1)
    build.conv(1, 4, 5)
    build.add(operation)
    build.add("flatten")
    build.linear(4 * 24 * 24, 10)
    build.add(operation)
    build.weights["n0.bias"] = np.asarray(bias, np.float32)
    build.weights["n3.bias"] = np.linspace(-60, 60, 10, dtype=np.float32)
    act = MODULES[operation]
    model = nn.Sequential(nn.Conv2d(1, 4, 5), act(), nn.Flatten(), nn.Linear(4 * 24 * 24, 10), act())
    keys = ("n0.weight", "n0.bias", "n3.weight", "n3.bias")
    weights = [torch.from_numpy(build.weights[key]) for key in keys]
    model.load_state_dict(dict(zip(model.state_dict(), weights, strict=True)))
    return build.network(), model


@pytest.mark.parametrize("operation", MODULES)
def test_lost_units_are_those_that_torch_finds(operation: str) -> None:
    network, model = two_layers(operation, [0.0, -50.0, 50.0, 1.0])
    observed = UnitActivity(model)
    images = torch.from_numpy(IMAGES[:, None].astype(np.float32) / 255)
    for batch in torch.split(images, 10):
        with observed.observed(len(batch)), torch.no_grad():
            model(batch)
    found = measure(network, IMAGES)
    assert found is not None
    expected = [dict.fromkeys(layer.units, layer.state) for layer in observed.layers()]
    assert [found.lost.get(name, {}) for name in ("n1", "n4")] == expected
    assert all(expected)
    assert not all(len(units) == 10 for units in expected)


def test_the_share_of_active_cells_is_counted() -> None:
    network, _ = two_layers("relu", [0.0, -50.0, 50.0, 1.0])
    found = measure(network, IMAGES)
    assert found is not None
    values = forward(network, IMAGES)["n1"]
    np.testing.assert_allclose(found.active["n1"], (values > 0).mean(axis=(0, 2, 3)))
    assert found.active["n1"][1:3] == [0, 1]
    assert found.images == 30


def test_functions_that_are_nowhere_flat_are_not_lost() -> None:
    build = Builder(0)
    build.add("silu")

    found = activity(build.network().graph, lambda batch: {"n0": np.full((len(batch), 3, 2, 2), -1e-30)}, IMAGES)
    assert found is not None
    assert (found.active["n0"], found.lost) == ([0, 0, 0], {})


def test_what_is_no_number_is_not_lost() -> None:
    build = Builder(0)
    build.add("relu")
    found = activity(build.network().graph, lambda batch: {"n0": np.full((len(batch), 1, 2, 2), np.nan)}, IMAGES)
    assert found is not None
    assert found.lost == {}


def test_a_stopped_count_has_no_result() -> None:
    network, _ = two_layers("relu", [0.0] * 4)
    assert measure(network, IMAGES, lambda: True) is None
