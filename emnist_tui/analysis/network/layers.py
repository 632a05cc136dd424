"""Layers as people count them: an operation with weights, and what follows it."""

from collections import Counter
from dataclasses import dataclass

from emnist_tui.analysis.network.graph import Graph, Node

_SHORT = {
    "batch_norm": "norm", "max_pool": "pool", "avg_pool": "mean pool", "relu": "ReLU", "sigmoid": "σ", "silu": "SiLU",
    "mish": "Mish", "add": "+", "mean": "mean",
}  # fmt: skip
_FIRST = {"conv", "linear"}
_SILENT = {"flatten", "identity"}


@dataclass(frozen=True)
class Layer:
    """A convolution or linear operation with its norm, activation and pooling."""

    title: str
    """Such as `conv 1`; `answer` for the layer that gives the logits."""
    nodes: tuple[Node, ...]
    """In order; those that only reshape are among them."""

    @property
    def chain(self) -> str:
        """Operations in order, such as `conv 1 → ReLU → pool`."""
        shown = [_SHORT.get(node.operation, node.operation) for node in self.nodes[1:] if node.operation not in _SILENT]
        return " → ".join([self.title, *shown])


def layers_of(graph: Graph) -> list[Layer]:
    """Group the nodes of a graph into layers, in order; no node is left out."""
    groups: list[list[Node]] = []
    for node in graph.nodes:
        if not groups or node.operation in _FIRST:
            groups.append([])
        groups[-1].append(node)
    layers, numbers = [], Counter[str]()
    for group in groups:
        kind = group[0].operation
        if group is groups[-1] and kind == "linear":
            layers.append(Layer("answer", tuple(group)))
            continue
        numbers[kind] += 1
        layers.append(Layer(f"{kind} {numbers[kind]}", tuple(group)))
    return layers
