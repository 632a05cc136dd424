"""Networks trained on turned images, rewritten for upright ones.

Kernels and the columns of the linear operation after them are turned, so that every map is upright as well.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.forward import compute_logits
from emnist_tui.analysis.network.graph import Graph, Node
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.shapes import shapes_of
from emnist_tui.learning.inference.input_format import ORIENTATIONS, Orientation
from emnist_tui.runs.task import SIDE

T = TypeVar("T", bound=np.generic)

_PAIRS = ("stride", "padding", "dilation", "kernel")
_PER_MAP = {"batch_norm", "add", "multiply", "concat", "identity", "max_pool", "avg_pool", "conv", "flatten", "linear"}
_PER_MAP |= {"relu", "relu6", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "mish", "gelu", "hardswish"}
_PER_MAP |= {"hardsigmoid", "hardtanh", "softplus"}
"""Operations that are the same for turned maps, once their weights and settings are turned."""
_CLOSE = 1e-9


def lay(values: NDArray[T], to: Orientation) -> NDArray[T]:
    """Lay upright images or kernels, [..., rows, columns], down."""
    turned = np.swapaxes(values, -2, -1) if to.transposes else values
    if to.reverses_rows:
        turned = turned[..., ::-1, :]
    return np.ascontiguousarray(turned[..., ::-1] if to.reverses_columns else turned)


def upright(network: Network, trained_on: Orientation) -> Network | None:
    """Rewrite a network that was trained on turned images.

    Returns None where that cannot be done exactly, such as for strides that leave rows out.
    """
    if trained_on == ORIENTATIONS["upright"]:
        return network
    shapes = shapes_of(network.graph, {key: weight.shape for key, weight in network.weights.items()})
    weights = dict(network.weights)
    nodes: list[Node] = []
    for node in network.graph.nodes:
        if node.operation not in _PER_MAP or (node.operation in ("add", "multiply", "concat") and node.weights):
            return None
        settings = dict(node.settings)
        if trained_on.transposes:
            settings |= {name: settings[name][::-1] for name in _PAIRS if name in settings}
        nodes.append(replace(node, settings=settings))
        key = node.weights.get("weight", "")
        if node.operation == "conv":
            weights[key] = lay(network.weights[key], trained_on.inverse)
        elif node.operation == "linear" and (maps := _flattened(network.graph, node.inputs[0], shapes)):
            columns = network.weights[key].reshape(-1, *maps)
            weights[key] = lay(columns, trained_on.inverse).reshape(network.weights[key].shape)
    found = Network(Graph(tuple(nodes)), weights, network.scale)
    return found if _is_same(network, found, trained_on) else None


def _flattened(graph: Graph, name: str, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...] | None:
    """Return the shape of the maps flattened into a value, if any."""
    by_name = {node.name: node for node in graph.nodes}
    while (node := by_name.get(name)) and len(shapes[name]) == 1:
        if node.operation == "linear" or not node.inputs:
            return None
        name = node.inputs[0]
    return shapes[name] if len(shapes[name]) == 3 else None


def _is_same(one: Network, other: Network, trained_on: Orientation) -> bool:
    """Compare the logits of images, upright and laid down."""
    images = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE), np.uint8)
    laid = lay(images, trained_on)
    expected, found = compute_logits(one, laid, np.float64), compute_logits(other, images, np.float64)
    return bool((np.abs(expected - found) <= _CLOSE * max(1.0, float(np.abs(expected).max()))).all())
