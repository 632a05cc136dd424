"""Networks whose norms are folded: fewer nodes, equal values."""

import numpy as np
import pytest

from emnist_tui.analysis.network.folding import fold_norm
from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.analysis.network.network import InputScale, Network
from emnist_tui.analysis.network.shapes import check
from tests.support.networks_in_numpy import NETWORKS, baseline, strokes


@pytest.mark.parametrize("name", ["compact", "accurate"])
def test_a_folded_network_has_equal_values(name: str) -> None:
    network, image = NETWORKS[name](), strokes(1)[0]
    folded = fold_norm(network)
    check(folded)
    assert not any(node.operation == "batch_norm" for node in folded.graph.nodes)
    whole = examine(network, image).values
    for key, value in examine(folded, image).values.items():
        np.testing.assert_allclose(value, whole[key], rtol=1e-9, atol=1e-9)


def test_a_network_without_norms_stays_as_it_is() -> None:
    network = baseline()
    scaled = Network(network.graph, network.weights, InputScale(2, -1))
    assert fold_norm(scaled).graph == network.graph
    assert fold_norm(scaled).scale == scaled.scale


def test_a_norm_stays_where_others_take_the_value_before_it() -> None:
    statistics = {"running_mean": np.zeros(2, np.float32), "running_var": np.ones(2, np.float32)}
    norm = Node("norm", "batch_norm", ("conv",), {}, {role: role for role in statistics})
    nodes = (
        Node("conv", "conv", (INPUT,), {}, {"weight": "w"}),
        norm,
        Node("sum", "add", ("conv", "norm")),
        Node("norm 2", "batch_norm", ("sum",), {}, norm.weights),
    )
    network = Network(Graph(nodes), {**statistics, "w": np.ones((2, 1, 3, 3), np.float32)})
    assert fold_norm(network).graph == network.graph


def test_a_linear_operation_along_maps_is_not_folded() -> None:
    statistics = {"running_mean": np.zeros(1, np.float32), "running_var": np.full(1, 4, np.float32)}
    nodes = (
        Node("rows", "linear", (INPUT,), {}, {"weight": "w"}),
        Node("norm", "batch_norm", ("rows",), {}, {role: role for role in statistics}),
    )
    network = Network(Graph(nodes), {**statistics, "w": np.ones((28, 28), np.float32)})
    assert fold_norm(network).graph == network.graph


def test_weights_of_a_linear_operation_are_folded() -> None:
    random = np.random.default_rng(0)
    weights = {
        "w": random.standard_normal((10, 784)), "b": random.standard_normal(10), "m": random.standard_normal(10),
        "v": random.uniform(0.5, 2, 10), "s": random.standard_normal(10),
    }  # fmt: skip
    nodes = (
        Node("flat", "flatten", (INPUT,)),
        Node("linear", "linear", ("flat",), {}, {"weight": "w", "bias": "b"}),
        Node("norm", "batch_norm", ("linear",), {}, {"running_mean": "m", "running_var": "v", "weight": "s"}),
    )
    network = Network(Graph(nodes), {key: each.astype(np.float32) for key, each in weights.items()})
    folded, image = fold_norm(network), strokes(1)[0]
    assert [node.name for node in folded.graph.nodes] == ["flat", "norm"]
    np.testing.assert_allclose(examine(folded, image).logits, examine(network, image).logits, rtol=1e-9)
