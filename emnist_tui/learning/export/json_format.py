"""Networks as plain JSON values, and their forward pass in numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from emnist_tui.analysis.network.forward import propagate
from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.analysis.network.network import Array, Network
from emnist_tui.learning.models.layers import Norm, Residual
from emnist_tui.runs.errors import EmnistTuiError

Values = NDArray[np.float32]
_EPSILON = 1e-5  # of torch's batch_norm
_POOL = {"kernel_size": "kernel", "stride": "stride"}
_OPERATIONS: dict[str, tuple[str, dict[str, str]]] = {
    "Conv2d": ("conv", {setting: setting for setting in ("stride", "padding", "groups")}),
    "BatchNorm2d": ("batch_norm", {"eps": "eps"}),
    "MaxPool2d": ("max_pool", _POOL),
    "AvgPool2d": ("avg_pool", _POOL),
    "Linear": ("linear", {}),
    "ReLU": ("relu", {}),
    "Sigmoid": ("sigmoid", {}),
    "SiLU": ("silu", {}),
    "Mish": ("mish", {}),
    "Flatten": ("flatten", {}),
}
"""Operations of a graph by layer types, and their settings by those of a description."""
_ROLES = ("weight", "bias", "running_mean", "running_var")


def describe_layers(layers: nn.Sequential) -> list[dict[str, Any]]:
    """Describe each layer in order.

    A description holds the layer's `type` as torch names it, its settings, and its weights as nested lists in torch's
    layout; a `Residual`, which adds its input to its output, holds `layers` of its own. Raises `EmnistTuiError` for a
    layer that `compute_logits` does not support.
    """
    return [_describe(layer) for layer in layers]


def _describe(layer: nn.Module) -> dict[str, Any]:
    description: dict[str, Any] = {"type": type(layer).__name__}
    match layer:
        case Residual():
            return description | {"layers": describe_layers(layer.layers)}
        case Norm():
            description = {"type": "BatchNorm2d", "eps": _EPSILON}
        case nn.Conv2d(stride=(down, across), dilation=(1, 1), padding_mode="zeros", padding=(above, left)):
            description |= {"stride": [down, across], "padding": [above, left], "groups": layer.groups}
        case nn.MaxPool2d(kernel_size=int(), padding=0, dilation=1, ceil_mode=False) if (
            layer.kernel_size == layer.stride
        ):
            description |= {"kernel_size": layer.kernel_size, "stride": layer.stride}
        case nn.AvgPool2d(kernel_size=int(), padding=0, ceil_mode=False, divisor_override=None) if (
            layer.kernel_size == layer.stride
        ):
            description |= {"kernel_size": layer.kernel_size, "stride": layer.stride}
        case nn.Linear() | nn.ReLU() | nn.Sigmoid() | nn.SiLU() | nn.Mish() | nn.Flatten(start_dim=1, end_dim=-1):
            pass
        case _:
            raise EmnistTuiError(f"The format json does not support the layer {layer}; choose another --format.")
    return description | {name: weight.tolist() for name, weight in layer.state_dict().items()}


def compute_logits(layers: list[dict[str, Any]], images: Values) -> Values:
    """Compute logits, float32 [N, 10], of images float32 [N, 1, 28, 28].

    `layers` are those of `describe_layers`.
    """
    restored = _Restored()
    last = restored.add_all(layers, INPUT, "")
    values = propagate(Network(Graph(tuple(restored.nodes)), restored.weights), images)
    return np.asarray(values[last], np.float32)


class _Restored:
    """Nodes and weights of a graph that grows by described layers."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.weights: dict[str, Array] = {}

    def add_all(self, layers: list[dict[str, Any]], before: str, prefix: str) -> str:
        """Add layers after a value, and return the last value's name."""
        for number, layer in enumerate(layers):
            name = f"{prefix}{number}"
            if layer["type"] == "Residual":
                inner = self.add_all(layer["layers"], before, f"{name}.")
                self.nodes.append(Node(name, "add", (before, inner)))
            else:
                self.nodes.append(self._node(layer, name, before))
            before = name
        return before

    def _node(self, layer: dict[str, Any], name: str, before: str) -> Node:
        if layer["type"] not in _OPERATIONS:
            raise EmnistTuiError(f"The layer type {layer['type']!r} is not supported.")
        operation, settings = _OPERATIONS[layer["type"]]
        keys = {role: f"{name}.{role}" for role in _ROLES if role in layer}
        self.weights |= {key: np.asarray(layer[role], np.float32) for role, key in keys.items()}
        given = {ours: layer[theirs] for theirs, ours in settings.items() if theirs in layer}
        if "kernel" in given:
            given = {setting: [size, size] for setting, size in given.items()}
        return Node(name, operation, (before,), given, keys)
