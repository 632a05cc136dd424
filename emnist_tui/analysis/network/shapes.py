"""Shapes of a network's values, and whether its weights fit its graph."""

from collections.abc import Mapping
from math import prod

import numpy as np

from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.operations import IMPLEMENTED
from emnist_tui.analysis.network.operations.operation import Call, Cost, Shape
from emnist_tui.runs.task import CLASSES, SIDE

_MOST_HELD = 1 << 22  # numbers at once: 32 MB in float64
_MOST_VALUES = 1 << 23  # numbers of all values: 64 MB
_MOST_WEIGHTS = 1 << 25
_MOST_WORK = 1 << 31  # about a second


def check(network: Network) -> None:
    """Check that weights fit a graph, before anything is computed.

    Raises `ValueError` with the reason, without allocating memory: for shapes that do not fit, weights that are not
    finite, logits that are not 10, and networks that would take much memory or time. Nodes that only torch can compute,
    and those after them, are left unchecked.
    """
    variances = {node.weights["running_var"] for node in network.graph.nodes if "running_var" in node.weights}
    for key, weight in network.weights.items():
        if weight.dtype.kind != "f":
            raise ValueError(f"the weight {key!r} has the type {weight.dtype}")
    if sum(weight.size for weight in network.weights.values()) > _MOST_WEIGHTS:
        raise ValueError(f"the network has more than {_MOST_WEIGHTS:,} weights")
    for key, weight in network.weights.items():
        if not np.isfinite(weight).all():
            raise ValueError(f"the weight {key!r} is not finite")
        if key in variances and (weight < 0).any():
            raise ValueError(f"the variance {key!r} is negative")
    weights = {key: weight.shape for key, weight in network.weights.items()}
    shapes = shapes_of(network.graph, weights)
    held, values, work = 0, sum(map(prod, shapes.values())), 0
    for cost in costs_of(network.graph, weights, shapes).values():
        held, work = max(held, cost.held), work + cost.work
    if held > _MOST_HELD or values > _MOST_VALUES:
        raise ValueError("the network's values take too much memory")
    if work > _MOST_WORK:
        raise ValueError("the network takes too long to compute")
    last = network.graph.nodes[-1].name
    if network.graph.is_computable and shapes[last] != (CLASSES,):
        raise ValueError(f"the network gives {list(shapes[last])} numbers, not {CLASSES} logits")


def can_compute(network: Network) -> bool:
    """Return whether a network passes `check` and needs no torch."""
    try:
        check(network)
    except ValueError:
        return False
    return network.graph.is_computable


def shapes_of(graph: Graph, weights: Mapping[str, Shape]) -> dict[str, Shape]:
    """Compute the shapes of all values, without their batch axis, by node.

    `weights` are shapes by key. What only torch can compute is left out. Raises `ValueError` for what does not fit.
    """
    shapes: dict[str, Shape] = {INPUT: (1, SIDE, SIDE)}
    for node in graph.nodes:
        if node.operation == UNKNOWN or any(name not in shapes for name in node.inputs):
            continue
        if missing := [key for key in node.weights.values() if key not in weights]:
            raise ValueError(f"the weight {missing[0]!r} of {node.name!r} is missing")
        inputs = [shapes[name] for name in node.inputs]
        call = Call(inputs, {role: weights[key] for role, key in node.weights.items()}, node.settings)
        try:
            shapes[node.name] = IMPLEMENTED[node.operation].shape(call)
        except ValueError as error:
            raise ValueError(f"{node.name!r} does not fit: {error}") from None
        if 0 in shapes[node.name]:
            raise ValueError(f"{node.name!r} gives no numbers")
    return shapes


def costs_of(graph: Graph, weights: Mapping[str, Shape], shapes: Mapping[str, Shape]) -> dict[str, Cost]:
    """Compute the cost of each node for one image, from shapes."""
    costs: dict[str, Cost] = {}
    for node in graph.nodes:
        if node.name in shapes:
            inputs = [shapes[name] for name in node.inputs]
            call = Call(inputs, {role: weights[key] for role, key in node.weights.items()}, node.settings)
            costs[node.name] = IMPLEMENTED[node.operation].cost(call, shapes[node.name])
    return costs
