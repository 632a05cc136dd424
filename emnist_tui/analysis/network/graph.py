"""Graph of a network's operations, as it is stored in JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from emnist_tui.analysis.network.signatures import SIGNATURES

INPUT = "input"
"""Name of the image, the value that every graph starts from."""
UNKNOWN = "unknown"
"""Operation that only torch can compute; its `settings["type"]` says which."""
OPERATIONS = frozenset({*SIGNATURES, UNKNOWN})
"""Operations that a node may have; `SIGNATURES` says what each takes."""

_MOST_NODES = 2_000
_MOST_INPUTS = 64
_LONGEST_NAME = 200
_FIELDS = {"name", "operation", "inputs", "settings", "weights"}


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
        """Restore a graph from untrusted JSON values. Raises `ValueError`.

        The settings are checked here; whether the weights fit, `shapes.check` tells.
        """
        if not isinstance(values, list) or not 1 <= len(values) <= _MOST_NODES:
            raise ValueError(f"a graph has 1 to {_MOST_NODES:,} nodes")
        nodes: list[Node] = []
        known = {INPUT}
        for value in values:
            node = _read_node(value)
            if node.name in known:
                raise ValueError(f"the name {node.name!r} is used twice")
            if unknown := [name for name in node.inputs if name not in known]:
                raise ValueError(f"{node.name!r} takes {unknown[0]!r}, which no node before it gives")
            known.add(node.name)
            nodes.append(node)
        return cls(tuple(nodes))


def _read_node(value: Any) -> Node:
    """Read a node from untrusted JSON values. Raises `ValueError`."""
    if not isinstance(value, dict) or not value.keys() >= {"name", "operation", "inputs"} or value.keys() - _FIELDS:
        raise ValueError("a node has a name, an operation, inputs, settings and weights")
    name, operation, inputs = value["name"], value["operation"], value["inputs"]
    settings, weights = value.get("settings", {}), value.get("weights", {})
    if not _is_name(name):
        raise ValueError(f"a node's name is a text of at most {_LONGEST_NAME} printable characters")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise ValueError(f"{name!r} has an operation that is not known")
    if not isinstance(inputs, list | tuple) or len(inputs) > _MOST_INPUTS or not all(map(_is_name, inputs)):
        raise ValueError(f"the inputs of {name!r} are not names of nodes")
    if not isinstance(weights, dict) or not all(map(_is_name, [*weights, *weights.values()])):
        raise ValueError(f"the weights of {name!r} are not keys by their roles")
    if not isinstance(settings, dict) or not all(map(_is_name, settings)):
        raise ValueError(f"the settings of {name!r} are not values by their names")
    node = Node(name, operation, tuple(inputs), settings, weights)
    if operation == UNKNOWN:
        kind = settings.get("type")
        return Node(name, operation, tuple(inputs), {"type": kind if _is_name(kind) else ""}, weights)
    _check_signature(node)
    return node


def _check_signature(node: Node) -> None:
    """Check a node against the signature of its operation."""
    signature = SIGNATURES[node.operation]
    least, greatest = signature.inputs
    if not least <= len(node.inputs) <= greatest:
        raise ValueError(f"{node.name!r} takes {len(node.inputs)} values, which {node.operation} does not")
    if not signature.required <= node.weights.keys() <= signature.required | signature.optional:
        raise ValueError(f"{node.name!r} has not the weights of {node.operation}")
    if not signature.needed <= node.settings.keys() <= signature.settings.keys():
        raise ValueError(f"{node.name!r} has not the settings of {node.operation}")
    for name, value in node.settings.items():
        if not signature.settings[name](value):
            raise ValueError(f"the setting {name} of {node.name!r} is out of range")
    if node.operation in ("add", "multiply"):
        given = len(node.inputs) - 1 + len(node.weights) + len(node.settings)
        if given != 1:
            raise ValueError(f"{node.name!r} takes two values, or one and a weight or constant")


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()
