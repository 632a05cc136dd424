"""Weights that fit a graph, and those that do not, before anything is computed."""

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.shapes import can_compute, check, costs_of, shapes_of
from tests.support.networks_in_numpy import NETWORKS, baseline, strokes

Shape = tuple[int, ...]


@pytest.mark.parametrize("name", NETWORKS)
def test_shapes_are_those_of_the_values(name: str) -> None:
    network = NETWORKS[name]()
    check(network)
    shapes = shapes_of(network.graph, {key: weight.shape for key, weight in network.weights.items()})
    assert shapes == {key: value.shape for key, value in examine(network, strokes(1)[0]).values.items()}


def test_every_node_has_a_cost() -> None:
    network = baseline()
    weights = {key: weight.shape for key, weight in network.weights.items()}
    costs = costs_of(network.graph, weights, shapes_of(network.graph, weights))
    assert costs.keys() == {node.name for node in network.graph.nodes}


def changed(key: str, weight: Any) -> Network:
    network = baseline()
    return Network(network.graph, {**network.weights, key: np.asarray(weight)})


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (changed("layers.0.weight", np.zeros((2, 2, 5, 5))), "'layers.0' does not fit"),
        (changed("layers.0.weight", np.zeros((2, 1, 5, 5), np.int64)), "has the type int64"),
        (changed("layers.0.bias", np.array([0, np.nan])), "'layers.0.bias' is not finite"),
        (changed("layers.0.bias", np.array([0, np.inf])), "'layers.0.bias' is not finite"),
        (changed("layers.0.bias", np.zeros(3)), "the bias"),
        (changed("layers.7.weight", np.zeros((11, 100))), "the bias"),
        (Network(baseline().graph, {}), "'layers.0.weight' of 'layers.0' is missing"),
        (Network(Graph(baseline().graph.nodes[:-1]), baseline().weights), "gives .100. numbers, not 10 logits"),
    ],
)
def test_weights_that_do_not_fit_are_refused(network: Network, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check(network)


def test_a_negative_variance_is_refused() -> None:
    network = NETWORKS["compact"]()
    key = next(key for key in network.weights if key.endswith("running_var"))
    with pytest.raises(ValueError, match="is negative"):
        check(Network(network.graph, {**network.weights, key: -network.weights[key]}))


def node(name: str, operation: str, before: str, weights: dict[str, str] | None = None, **settings: Any) -> Node:
    return Node(name, operation, (before,), settings, weights or {})


def growing(count: int) -> list[Node]:
    """Concatenate a value with itself, again and again."""
    names = [INPUT, *(f"n{number}" for number in range(count))]
    return [Node(after, "concat", (before,) * 64, {"axis": 0}) for before, after in pairwise(names)]


HOSTILE: dict[str, list[Node]] = {
    "padding": [node("a", "conv", INPUT, {"weight": "one"}, padding=[4096, 4096])],
    "kernel": [node("a", "max_pool", INPUT, kernel=[4096, 4096], padding=[2048, 2048])],
    "many kernels": [
        Node(f"a{number}", "max_pool", (INPUT,), {"kernel": [128, 128], "padding": [64, 64]}) for number in range(1999)
    ],
    "growth": growing(5),
    "filters": [node("a", "conv", INPUT, {"weight": "many"}, padding=[14, 14])],
    "work": [
        node("a", "conv", INPUT, {"weight": "wide"}, padding=[1, 1]),
        *(
            node(chr(98 + number), "conv", chr(97 + number), {"weight": "mix"}, padding=[1, 1])
            for number in range(24)
        ),
    ],
    "values": [Node(f"a{number}", "concat", (INPUT,) * 64, {"axis": 0}) for number in range(1999)],
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_graph_is_refused_at_once(case: str) -> None:
    weights = {
        "one": np.zeros((1, 1, 1, 1), np.float32),
        "many": np.zeros((6000, 1, 29, 29), np.float32),
        "wide": np.zeros((128, 1, 3, 3), np.float32),
        "mix": np.zeros((256, 128, 3, 3), np.float32)[:128],
    }
    graph = Graph.from_json(Graph(tuple(HOSTILE[case])).to_json())
    begun = time.process_time()
    with pytest.raises(ValueError, match=r"too much memory|too long"):
        check(Network(graph, weights))
    assert time.process_time() - begun < 2


def test_an_operation_that_holds_much_is_refused_whatever_it_gives() -> None:
    wide = node("wide", "conv", INPUT, {"weight": "wide"}, padding=[2100, 2100], stride=[4096, 4096])
    pooled = node("flat", "flatten", "wide")
    with pytest.raises(ValueError, match="too much memory"):
        check(Network(Graph((wide, pooled)), {"wide": np.zeros((10, 1, 3, 3), np.float32)}))


def test_too_many_weights_are_refused() -> None:
    weight = np.broadcast_to(np.float32(0), (1 << 13, 1 << 13))  # without memory
    with pytest.raises(ValueError, match="more than"):
        check(Network(baseline().graph, {**baseline().weights, "other": weight}))


def test_what_only_torch_knows_is_left_unchecked() -> None:
    nodes = (node("a", "relu", INPUT), node("b", UNKNOWN, "a", type="attention"), node("c", "relu", "b"))
    check(Network(Graph(nodes), {}))
    assert shapes_of(Graph(nodes), {}).keys() == {INPUT, "a"}


def test_numpy_computes_what_fits_and_needs_no_torch() -> None:
    known = baseline()
    assert can_compute(known)
    assert not can_compute(changed("layers.0.bias", np.zeros(3)))
    unknown = node("b", UNKNOWN, known.graph.nodes[-1].name, type="attention")
    assert not can_compute(Network(Graph((*known.graph.nodes, unknown)), known.weights))
