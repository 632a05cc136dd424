"""Graph of a network's operations, as it is stored in JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

INPUT = "input"
"""Name of the image, the value that every graph starts from."""
UNKNOWN = "unknown"
"""Operation that only torch can compute; its `settings["type"]` says which."""

OPERATIONS = frozenset(
    {
        "conv",  # weight, bias?; stride, padding, dilation (pairs), groups
        "linear",  # weight, bias?
        "batch_norm",  # running_mean, running_var, weight?, bias?; eps
        "layer_norm",  # weight?, bias?; eps, axes: number of last axes
        "group_norm",  # weight?, bias?; eps, groups
        "max_pool",  # kernel, stride, padding, dilation (pairs), ceil
        "avg_pool",  # kernel, stride, padding (pairs), ceil, counts_padding
        "mean",  # over the axes of a value without its batch axis: axes, keepdims
        "relu", "relu6", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "mish", "gelu", "hardswish", "hardsigmoid",
        "hardtanh", "softplus",  # with their settings, such as slope, alpha, approximate
        "add", "multiply",  # of two values, or of one and settings["constant"]
        "concat",  # along axis (without the batch axis)
        "flatten",
        "identity",  # dropout and the like
        "log_softmax", "softmax",
        UNKNOWN,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Node:
    """One operation of a network and the values that it takes."""

    name: str
    """Name of the node and of the value that it gives, such as `layers.0`; unique."""
    operation: str
    """One of `OPERATIONS`."""
    inputs: tuple[str, ...]
    """Names of the nodes whose values it takes, in order; `INPUT` is the image."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Numbers, pairs as lists, truth values and texts by name."""
    weights: Mapping[str, str] = field(default_factory=dict)
    """Keys of its weights in the state dict, by role: `weight`, `bias`, `running_mean`, `running_var`."""


@dataclass(frozen=True)
class Graph:
    """Nodes of a network, each after those that it takes values from."""

    nodes: tuple[Node, ...]
    """The last one gives the logits."""

    @property
    def is_computable(self) -> bool:
        """Whether numpy can compute the logits."""
        return all(node.operation != UNKNOWN for node in self.nodes)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the nodes as JSON values."""
        return [asdict(node) for node in self.nodes]

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Restore a graph from untrusted JSON values. Raises `ValueError`."""
        nodes = tuple(
            Node(each["name"], each["operation"], tuple(each["inputs"]), each["settings"], each["weights"])
            for each in values
        )
        return cls(nodes)
