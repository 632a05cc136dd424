"""Layers as people count them."""

from itertools import chain

import numpy as np
import pytest

from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.layers import layers_of
from tests.support.networks_in_numpy import NETWORKS, accurate, baseline, compact


def graph_of(*operations: str) -> Graph:
    """Chain operations, each on the one before."""
    names = [INPUT, *(f"n{number}" for number in range(len(operations)))]
    return Graph(
        tuple(Node(name, each, (before,)) for before, name, each in zip(names, names[1:], operations, strict=False))
    )


def test_the_baseline_has_three_layers() -> None:
    network = baseline()
    layers = layers_of(network.graph, network.weights)
    assert [layer.chain for layer in layers] == ["conv 1 → ReLU → pool", "conv 2 → σ → pool", "answer"]
    assert [layer.heading for layer in layers] == ["conv 1 · 5×5", "conv 2 · 3×3", "answer · 100 → 10"]


def test_convolutions_are_named_as_people_do() -> None:
    network = compact()
    assert [layer.heading for layer in layers_of(network.graph, network.weights)] == [
        "conv 1 · 5×5 stride 2",
        "conv 2 · depthwise 3×3",
        "conv 3 · pointwise",
        "conv 4 · depthwise 3×3",
        "conv 5 · depthwise 3×3",
        "conv 6 · depthwise 3×3",
        "conv 7 · pointwise",
        "conv 8 · depthwise 3×3",
        "answer · 19 → 10",
    ]


def test_a_residual_sum_belongs_to_the_layer_whose_output_is_added() -> None:
    layers = layers_of(accurate().graph)
    assert [layer.chain for layer in layers if "+" in layer.chain] == [
        "conv 6 → norm → SiLU → + conv 4 → pool",
        "conv 10 → norm → SiLU → + conv 8 → pool",
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_no_node_is_left_out(name: str) -> None:
    graph = NETWORKS[name]().graph
    layers = layers_of(graph)
    assert tuple(chain.from_iterable(layer.nodes for layer in layers)) == graph.nodes
    assert max(len(f"{layer.heading} → {layer.chain}") for layer in layers) <= 78


def test_what_stands_before_the_first_layer_joins_it() -> None:
    layers = layers_of(graph_of("flatten", "linear", "relu", "linear"))
    assert [layer.chain for layer in layers] == ["linear 1 → ReLU", "answer"]
    assert [len(layer.nodes) for layer in layers] == [3, 1]
    assert [layer.main.operation for layer in layers] == ["linear", "linear"]


def test_a_network_without_weights_is_one_layer() -> None:
    assert [layer.title for layer in layers_of(graph_of("flatten", "softmax"))] == ["flatten 1"]
    assert layers_of(graph_of("flatten", "softmax"))[0].chain == "flatten 1 → softmax"


def test_an_operation_that_only_torch_knows_has_its_type() -> None:
    gate = Node("gate", UNKNOWN, ("n0",), {"type": "sin"})
    attention = Node("body", UNKNOWN, ("gate",), {"type": "MultiheadAttention"})
    layers = layers_of(Graph((*graph_of("conv").nodes, gate, attention)))
    assert [layer.chain for layer in layers] == ["conv 1 → sin", "attention 1"]


def test_a_weight_of_a_wrong_shape_has_no_kind() -> None:
    nodes = (Node("a", "conv", (INPUT,), {}, {"weight": "w"}), Node("b", "linear", ("a",), {}, {"weight": "w"}))
    assert [layer.kind for layer in layers_of(Graph(nodes), {"w": np.zeros((2, 3, 4))})] == ["", ""]


def test_constants_and_the_image_are_named() -> None:
    nodes = (
        Node("scaled", "multiply", (INPUT,), {"constant": -0.5}),
        Node("conv", "conv", ("scaled",), {"groups": 2, "stride": [2, 1]}, {"weight": "w"}),
        Node("sum", "add", ("conv", INPUT)),
    )
    (layer,) = layers_of(Graph(nodes), {"w": np.zeros((4, 2, 3, 3))})
    assert layer.chain == "× −0.5 → conv 1 → + input"
    assert layer.kind == "3×3 in 2 groups stride 2×1"
