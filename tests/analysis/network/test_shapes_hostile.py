"""Graphs and weights that were tampered with: refused by `ValueError`, or computed."""

import json
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.analysis.network.folding import fold_norm
from emnist_tui.analysis.network.forward import compute_logits, examine
from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.shapes import check
from emnist_tui.analysis.network.signatures import SIGNATURES
from tests.support.networks_in_numpy import NETWORKS, strokes
from tests.support.random_graphs import RandomGraph

NAMES = sorted(SIGNATURES)
WRONG: list[Any] = [
    *(None, True, False, 0, 1, 2, 3, -1, 7, 2**70, 0.5, float("nan"), float("inf"), "", "input", "relu", "tanh"),
    *([], [0, 0], [1, 1], [2, 3], [-1, 2], [28, 28], [4096, 4096], [1, 2, 3], {}, {"type": "x"}, [[1], [2]]),
]


def tamper(values: list[dict[str, Any]], weights: dict[str, Any], random: Random) -> None:
    """Change something in a graph's JSON values or in its weights."""
    node = random.choice(values)
    kind = random.choice(["field", "setting", "setting", "input", "role", "operation", "weight", "drop", "swap"])
    if kind == "field":
        node[random.choice(list(node))] = random.choice(WRONG)
    elif kind == "setting" and isinstance(node.get("settings"), dict):
        own = SIGNATURES.get(str(node.get("operation")), SIGNATURES["conv"]).settings
        node["settings"][random.choice([*own, "other"])] = random.choice(WRONG)
    elif kind == "input" and isinstance(node.get("inputs"), list):
        before = [each.get("name") for each in values[: values.index(node)]]
        node["inputs"] = [random.choice(["input", *before, node.get("name")]), *node["inputs"][1:]]
    elif kind == "role" and isinstance(node.get("weights"), dict):
        role = random.choice(["weight", "bias", "running_mean", "running_var"])
        node["weights"][role] = random.choice([*weights, "missing"])
    elif kind == "operation":
        node["operation"] = random.choice(NAMES)
    elif kind == "weight" and weights:
        key = random.choice(list(weights))
        shape = [random.choice([0, 1, 2, length, length + 1]) for length in weights[key].shape]
        weights[key] = np.ones(random.choice([shape, shape[1:], [*shape, 2]]), random.choice([np.float32, np.int8]))
    elif kind == "drop":
        values.remove(node)
    elif kind == "swap":
        values.insert(random.randrange(len(values)), values.pop())


def open_and_use(values: Any, weights: dict[str, Any]) -> None:
    """Do what the app does with a file's graph and weights."""
    graph = Graph.from_json(json.loads(json.dumps(values)))
    network = Network(graph, weights)
    check(network)
    layers_of(graph, weights)
    if graph.is_computable:
        examine(network, strokes(1)[0], true=3)
        compute_logits(network, strokes(2))
        fold_norm(network)


@given(seed=st.integers(0, 2**32 - 1), changes=st.integers(1, 3))
def test_what_was_tampered_with_is_refused_or_computed(seed: int, changes: int) -> None:
    random = Random(seed)
    names = random.sample(NAMES, 6)
    network = RandomGraph(seed).grow(names) if seed % 4 else NETWORKS[random.choice(list(NETWORKS))](0)
    values, weights = network.graph.to_json(), dict(network.weights)
    for _ in range(changes):
        if values:
            tamper(values, weights, random)
    try:
        open_and_use(values, weights)
    except ValueError:
        return  # with a reason, as other tests show


def test_what_is_left_alone_is_computed() -> None:
    network = NETWORKS["compact"]()
    open_and_use(network.graph.to_json(), dict(network.weights))


def test_a_value_without_numbers_is_refused() -> None:
    values = [
        {"name": "flat", "operation": "flatten", "inputs": ["input"]},
        {"name": "none", "operation": "linear", "inputs": ["flat"], "weights": {"weight": "w"}},
    ]
    with pytest.raises(ValueError, match="'none' gives no numbers"):
        open_and_use(values, {"w": np.zeros((0, 784), np.float32)})
