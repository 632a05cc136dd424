"""Difference of two classes' logits, split by map and place."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from emnist_tui.analysis.explain.cells import node_of, unreshaped
from emnist_tui.analysis.explain.closing import rounded_to_close
from emnist_tui.analysis.network.gradients import difference_gradients
from emnist_tui.analysis.network.graph import Graph, Node
from emnist_tui.analysis.network.network import Array, Pass

_AFFINE = frozenset(
    {"conv", "linear", "batch_norm", "avg_pool", "mean", "flatten", "reshape", "identity", "add", "multiply"}
)
"""Operations that are affine functions of one value."""
_KEEPING_DIFFERENCES = frozenset({"identity", "log_softmax"})


@dataclass(frozen=True, eq=False)
class Shares:
    """Parts of the lead of one class over another."""

    answer: int
    """Class whose lead is split."""
    against: int
    node: str
    """Node whose value the parts belong to, such as the maps behind the last linear layer."""
    values: Array
    """Value of that node, float64 [C, rows, columns] or [F]."""
    weights: Array
    """Difference of the two classes' weights, in the shape of `values`."""
    bias: float
    """Difference of the two classes' biases."""
    lead: float
    """Difference of the two logits."""

    @property
    def products(self) -> Array:
        """Part of each cell; with `bias` they add up to `lead`."""
        return self.values * self.weights

    @property
    def by_map(self) -> Array:
        """Part of each map, or unit; float64 [C]."""
        products = self.products
        return np.asarray([fsum(each) for each in products.reshape(len(products), -1)])

    @property
    def by_place(self) -> Array | None:
        """Part of each place, [rows, columns]; None of a vector."""
        return self.products.sum(axis=0) if self.values.ndim == 3 else None

    def displayed(self, decimals: int) -> tuple[Array, float, float]:
        """Round the parts by map, the bias and the lead."""
        rounded = rounded_to_close([*self.by_map, self.bias], self.lead, decimals)
        return rounded[:-1], float(rounded[-1]), round(self.lead, decimals) + 0.0

    def largest(self, count: int) -> list[tuple[tuple[int, ...], float]]:
        """Return the cells with the largest parts, whatever their sign, by index."""
        products = self.products
        order = np.argsort(-np.abs(products), axis=None, kind="stable")[:count]
        indices = [tuple(int(at) for at in np.unravel_index(flat, products.shape)) for flat in order]
        return [(index, float(products[index])) for index in indices]


def shares(passed: Pass, answer: int, against: int) -> Shares | None:
    """Split the lead of a class by map and place.

    A mean of whole maps before that layer is split by place as well. Where the logits come from other affine
    operations, such as the mean of a convolution's maps, the value before the first of them is split. None if they do
    not: only parts of an affine function add up.
    """
    graph = passed.network.graph
    last: Node | None = graph.nodes[-1]
    while last is not None and last.operation in _KEEPING_DIFFERENCES:
        last = node_of(graph, last.inputs[0])
    if last is None:
        return None
    if last.operation != "linear":
        return _of_affine_head(passed, last.name, answer, against)
    exact = passed.network.exact
    weight = exact[last.weights["weight"]]
    bias = exact[last.weights["bias"]] if "bias" in last.weights else np.zeros(len(weight))
    name, count = _maps_behind(passed, graph, last.inputs[0])
    values = np.asarray(passed.values[name], np.float64)
    difference = np.asarray(weight[answer] - weight[against]) / count
    if count > 1:  # a mean: each place has the weight of its map
        difference = np.broadcast_to(difference[:, None, None], values.shape)
    lead = float(passed.logits[answer] - passed.logits[against])
    weights = np.asarray(difference).reshape(values.shape)
    return Shares(answer, against, name, values, weights, float(bias[answer] - bias[against]), lead)


def _of_affine_head(passed: Pass, last: str, answer: int, against: int) -> Shares | None:
    """Split the lead by the value before affine operations.

    They end with `last`. The slope of the lead by that value is the weight of each of its cells, whatever the value.
    """
    graph = passed.network.graph
    name = last
    while (node := node_of(graph, name)) is not None and node.operation in _AFFINE and len(node.inputs) == 1:
        name = node.inputs[0]
    if name == last or not graph.is_computable:
        return None
    weights, values = difference_gradients(passed, answer, against)[name], np.asarray(passed.values[name], np.float64)
    lead = float(passed.logits[answer] - passed.logits[against])
    return Shares(answer, against, name, values, weights, lead - fsum((values * weights).ravel()), lead)


def _maps_behind(passed: Pass, graph: Graph, name: str) -> tuple[str, int]:
    """Return the maps before a linear layer, and places averaged."""
    name = unreshaped(graph, name)
    node = node_of(graph, name)
    if node is None or node.operation not in ("mean", "avg_pool"):
        return name, 1
    before = passed.values[node.inputs[0]]
    if before.ndim != 3 or not _is_of_whole_maps(node, before.shape, passed.values[name].size):
        return name, 1
    return node.inputs[0], before[0].size


def _is_of_whole_maps(node: Node, shape: Sequence[int], size: int) -> bool:
    if size != shape[0]:
        return False
    if node.operation == "mean":
        return {int(axis) % 3 for axis in node.settings["axes"]} == {1, 2}
    return list(node.settings["kernel"]) == [*shape[1:]] and not any(node.settings.get("padding") or ())
