"""Layers as people count them.

Each is an operation with weights, and what follows it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import Array

_WORDS = {
    "batch_norm": "norm", "layer_norm": "norm", "group_norm": "norm", "max_pool": "pool", "avg_pool": "mean pool",
    "relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "leaky ReLU", "elu": "ELU", "sigmoid": "σ", "silu": "SiLU",
    "mish": "Mish", "gelu": "GELU", "hardswish": "hard swish", "hardsigmoid": "hard σ", "hardtanh": "clamp",
    "log_softmax": "log softmax", "add": "+", "multiply": "×",
}  # fmt: skip
_MODULES = {"MultiheadAttention": "attention"}
_COUNTED = {"conv", "linear"}
_AXES = {"conv": 4, "linear": 2}  # of the weight
_SILENT = {"flatten", "identity", "reshape"}


@dataclass(frozen=True)
class Layer:
    """A convolution or linear operation with its norm, activation and pooling."""

    title: str
    """Such as `conv 1`; `answer` for the linear layer that gives the logits."""
    nodes: tuple[Node, ...]
    """In order; those that only reshape are among them."""
    kind: str = ""
    """Such as `depthwise 3×3` or `100 → 10`; empty where it is not known."""
    steps: tuple[str, ...] = ()
    """Words for the nodes in order, the title among them; those that only reshape have none."""

    @property
    def main(self) -> Node:
        """Node that the layer is called after."""
        return _main(self.nodes)

    @property
    def heading(self) -> str:
        """Title and kind, such as `conv 3 · depthwise 3×3`."""
        return f"{self.title} · {self.kind}" if self.kind else self.title

    @property
    def chain(self) -> str:
        """Operations in order, such as `conv 1 → ReLU → pool`."""
        return " → ".join(self.steps)


def layers_of(graph: Graph, weights: Mapping[str, Array] | None = None) -> list[Layer]:
    """Group the nodes of a graph into layers, in order.

    No node is left out. A sum belongs to the layer whose output is added, which is the one before it. With weights,
    layers know their kinds.
    """
    groups = _groups(graph.nodes)
    titles = _titles(groups)
    homes = {node.name: title for group, title in zip(groups, titles, strict=True) for node in group} | {INPUT: INPUT}
    layers = []
    for group, title in zip(groups, titles, strict=True):
        main = _main(group)
        words = [title if node is main else _word(node, title, homes) for node in group]
        layers.append(Layer(title, tuple(group), _kind(main, weights or {}), tuple(filter(None, words))))
    return layers


def _groups(nodes: Sequence[Node]) -> list[list[Node]]:
    """Split nodes where a layer begins.

    What stands before the first one joins it.
    """
    groups: list[list[Node]] = [[]]
    for node in nodes:
        if _begins(node) and any(map(_begins, groups[-1])):
            groups.append([])
        groups[-1].append(node)
    return groups


def _begins(node: Node) -> bool:
    """Return whether a node begins a layer.

    So do modules that only torch computes.
    """
    return node.operation in _COUNTED or _type(node)[:1].isupper()


def _main(group: Sequence[Node]) -> Node:
    """Return the node that a layer is called after."""
    return next(filter(_begins, group), group[0])


def _titles(groups: Sequence[Sequence[Node]]) -> list[str]:
    titles, numbers = [], Counter[str]()
    for group in groups:
        main = _main(group)
        word = main.operation if main.operation in _COUNTED else _word(main, "", {})
        numbers[word] += 1
        is_answer = main.operation == "linear" and group is groups[-1]
        titles.append("answer" if is_answer else f"{word or main.operation} {numbers[word]}")
    return titles


def _word(node: Node, title: str, homes: Mapping[str, str]) -> str:
    """Name an operation in a few letters, and what a sum adds.

    Empty for what only reshapes.
    """
    if node.operation in _SILENT:
        return ""
    if node.operation == UNKNOWN:
        return _MODULES.get(_type(node), _type(node)) or UNKNOWN
    word = _WORDS.get(node.operation, node.operation)
    if node.operation in ("add", "multiply"):
        if "constant" in node.settings:
            return f"{word} {node.settings['constant']:.4g}".replace("-", "−")
        others = [homes[name] for name in node.inputs if homes.get(name, title) != title]
        return " ".join([word, *others[:1]])
    return word


def _type(node: Node) -> str:
    """Return the torch function or module of an unknown operation."""
    return str(node.settings.get("type", "")) if node.operation == UNKNOWN else ""


def _kind(node: Node, weights: Mapping[str, Array]) -> str:
    """Describe a convolution or linear operation by the shape of its weights."""
    weight = weights.get(node.weights.get("weight", ""))
    if weight is None or weight.ndim != _AXES.get(node.operation):
        return ""  # or its shape is wrong, behind what only torch computes
    if node.operation == "linear":
        outputs, inputs = weight.shape
        return f"{inputs} → {outputs}"
    outputs, inputs, rows, columns = weight.shape
    groups, stride = int(node.settings.get("groups", 1)), list(node.settings.get("stride", (1, 1)))
    size = f"{rows}×{columns}"
    if groups == 1:
        parts = ["pointwise" if size == "1×1" else size]
    else:
        parts = [f"depthwise {size}" if inputs == 1 else f"{size} in {groups} groups"]
    if stride != [1, 1]:
        parts.append(f"stride {stride[0]}" if stride[0] == stride[1] else f"stride {stride[0]}×{stride[1]}")
    return " ".join(parts)
