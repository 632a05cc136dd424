"""A network as plain JSON values, and its logits computed from these with numpy alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from emnist_tui.runs.errors import EmnistTuiError

Values = NDArray[np.float32]


def describe_layers(layers: nn.Sequential) -> list[dict[str, Any]]:
    """Each layer in order: its `type` as torch names it, its settings, its weights as nested lists in torch's layout.

    Raises `EmnistTuiError` for a layer that `compute_logits` does not know.
    """
    return [_describe(layer) for layer in layers]


def _describe(layer: nn.Module) -> dict[str, Any]:
    described: dict[str, Any] = {"type": type(layer).__name__}
    match layer:
        case nn.Conv2d(stride=(down, across), padding=(0, 0), dilation=(1, 1), groups=1):
            described |= {"stride": [down, across]}
        case nn.MaxPool2d(kernel_size=int(), padding=0, dilation=1, ceil_mode=False) if (
            layer.kernel_size == layer.stride
        ):
            described |= {"kernel_size": layer.kernel_size, "stride": layer.stride}
        case nn.Linear() | nn.ReLU() | nn.Sigmoid() | nn.Flatten(start_dim=1, end_dim=-1):
            pass
        case _:
            raise EmnistTuiError(f"The format json cannot hold the layer {layer}; choose another --format.")
    return described | {name: weight.tolist() for name, weight in layer.state_dict().items()}


def compute_logits(layers: list[dict[str, Any]], images: Values) -> Values:
    """Logits, float32 [N, 10], of images float32 [N, 1, 28, 28], by the layers that `describe_layers` gives."""
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
            return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), np.float32)  # overflows for no value
        case "Flatten":
            return values.reshape(len(values), -1)
    raise EmnistTuiError(f"There is no layer {layer['type']!r}.")


def _convolve(layer: dict[str, Any], values: Values) -> Values:
    weight = _array(layer["weight"])
    down, across = layer["stride"]
    windows = np.lib.stride_tricks.sliding_window_view(values, weight.shape[2:], axis=(2, 3))
    products = np.tensordot(windows[:, :, ::down, ::across], weight, axes=([1, 4, 5], [1, 2, 3]))
    return np.asarray(products.transpose(0, 3, 1, 2) + _array(layer["bias"])[:, None, None])


def _array(weights: Any) -> Values:
    return np.asarray(weights, np.float32)
