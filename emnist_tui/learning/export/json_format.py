"""Networks as plain JSON values, and their forward pass in numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from emnist_tui.runs.errors import EmnistTuiError

Values = NDArray[np.float32]


def describe_layers(layers: nn.Sequential) -> list[dict[str, Any]]:
    """Describe each layer in order.

    A description holds the layer's `type` as torch names it, its settings, and its weights as nested lists in torch's
    layout. Raises `EmnistTuiError` for a layer that `compute_logits` does not support.
    """
    return [_describe(layer) for layer in layers]


def _describe(layer: nn.Module) -> dict[str, Any]:
    description: dict[str, Any] = {"type": type(layer).__name__}
    match layer:
        case nn.Conv2d(stride=(down, across), padding=(0, 0), dilation=(1, 1), groups=1):
            description |= {"stride": [down, across]}
        case nn.MaxPool2d(kernel_size=int(), padding=0, dilation=1, ceil_mode=False) if (
            layer.kernel_size == layer.stride
        ):
            description |= {"kernel_size": layer.kernel_size, "stride": layer.stride}
        case nn.Linear() | nn.ReLU() | nn.Sigmoid() | nn.Flatten(start_dim=1, end_dim=-1):
            pass
        case _:
            raise EmnistTuiError(f"The format json does not support the layer {layer}; choose another --format.")
    return description | {name: weight.tolist() for name, weight in layer.state_dict().items()}


def compute_logits(layers: list[dict[str, Any]], images: Values) -> Values:
    """Compute logits, float32 [N, 10], of images float32 [N, 1, 28, 28].

    `layers` are those of `describe_layers`.
    """
    values = images
    for layer in layers:
        values = _apply(layer, values)
    return values


def _apply(layer: dict[str, Any], values: Values) -> Values:
    match layer["type"]:
        case "Conv2d":
            return _convolve(layer, values)
        case "MaxPool2d":
            size = layer["kernel_size"]
            rows, columns = (length // size for length in values.shape[2:])
            whole = values[:, :, : rows * size, : columns * size]
            return np.asarray(whole.reshape(*whole.shape[:2], rows, size, columns, size).max(axis=(3, 5)))
        case "Linear":
            return values @ _array(layer["weight"]).T + _array(layer["bias"])
        case "ReLU":
            return np.maximum(values, 0)
        case "Sigmoid":
            return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), np.float32)  # never overflows
        case "Flatten":
            return values.reshape(len(values), -1)
    raise EmnistTuiError(f"The layer type {layer['type']!r} is not supported.")


def _convolve(layer: dict[str, Any], values: Values) -> Values:
    weight = _array(layer["weight"])
    down, across = layer["stride"]
    windows = np.lib.stride_tricks.sliding_window_view(values, weight.shape[2:], axis=(2, 3))
    products = np.tensordot(windows[:, :, ::down, ::across], weight, axes=([1, 4, 5], [1, 2, 3]))
    return np.asarray(products.transpose(0, 3, 1, 2) + _array(layer["bias"])[:, None, None])


def _array(weights: Any) -> Values:
    return np.asarray(weights, np.float32)
