"""Networks whose batch norms are folded into the convolutions before them."""

from collections import Counter
from collections.abc import Mapping

from emnist_tui.analysis.network.graph import Graph, Node
from emnist_tui.analysis.network.network import Array, Network
from emnist_tui.analysis.network.operations.normalization import batch_scale
from emnist_tui.analysis.network.operations.operation import Call
from emnist_tui.analysis.network.shapes import shapes_of

_AXES = {"conv": 3, "linear": 1}  # of a value whose first axis is that of the kernels


def fold_norm(network: Network) -> Network:
    """Fold each batch norm into the convolution or linear operation before it.

    The folded node has the name of the norm, whose value it gives, and weights of its own, multiplied in float64. A
    norm is left alone where others take the value before it as well.
    """
    nodes = network.graph.nodes
    uses = Counter(name for node in nodes for name in node.inputs)
    shapes = shapes_of(network.graph, {key: weight.shape for key, weight in network.weights.items()})
    by_name = {node.name: node for node in nodes}
    folded: dict[str, tuple[Node, Node]] = {}  # by the norm's name
    for norm in nodes:
        first = by_name.get(norm.inputs[0]) if norm.operation == "batch_norm" else None
        if first and len(shapes.get(first.name, ())) == _AXES.get(first.operation) and uses[first.name] == 1:
            folded[norm.name] = first, norm
    gone = {first.name for first, _ in folded.values()}
    weights: dict[str, Array] = dict(network.weights)
    kept: list[Node] = []
    for node in nodes:
        if node.name in folded:
            node, added = _fold(network.exact, *folded[node.name])
            weights |= added
        if node.name not in gone:
            kept.append(node)
    return Network(Graph(tuple(kept)), weights, network.scale)


def _fold(exact: Mapping[str, Array], first: Node, norm: Node) -> tuple[Node, dict[str, Array]]:
    own = {role: exact[key] for role, key in norm.weights.items()}
    scale, weight = batch_scale(Call((), own, norm.settings)), exact[first.weights["weight"]]
    bias = exact[first.weights["bias"]] if "bias" in first.weights else 0
    shift = (bias - own["running_mean"]) * scale + own.get("bias", 0)
    keys = {role: f"{norm.name}:folded {role}" for role in ("weight", "bias")}
    node = Node(norm.name, first.operation, first.inputs, first.settings, keys)
    return node, {keys["weight"]: weight * scale.reshape(-1, *(1,) * (weight.ndim - 1)), keys["bias"]: shift}
