"""Networks as plain JSON values, and their forward pass in numpy."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from emnist_tui.learning.models.layers import Norm, Residual
from emnist_tui.runs.errors import EmnistTuiError

Values = NDArray[np.float32]
_EPSILON = 1e-5  # of torch's batch_norm


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
    values = images
    for layer in layers:
        values = _apply(layer, values)
    return values


def _apply(layer: dict[str, Any], values: Values) -> Values:
    match layer["type"]:
        case "Conv2d":
            return _convolve(layer, values)
        case "BatchNorm2d":
            return _normalize(layer, values)
        case "Residual":
            return values + compute_logits(layer["layers"], values)
        case "MaxPool2d":
            return np.asarray(_blocks(values, layer["kernel_size"]).max(axis=(3, 5)))
        case "AvgPool2d":
            return np.asarray(_blocks(values, layer["kernel_size"]).mean(axis=(3, 5)))
        case "Linear":
            return values @ _array(layer["weight"]).T + _bias(layer)
        case "ReLU":
            return np.maximum(values, 0)
        case "Sigmoid":
            return _sigmoid(values)
        case "SiLU":
            return values * _sigmoid(values)
        case "Mish":
            return np.asarray(values * np.tanh(np.logaddexp(values, 0)), np.float32)
        case "Flatten":
            return values.reshape(len(values), -1)
    raise EmnistTuiError(f"The layer type {layer['type']!r} is not supported.")


def _convolve(layer: dict[str, Any], values: Values) -> Values:
    weight, groups = _array(layer["weight"]), layer.get("groups", 1)
    down, across = layer["stride"]
    above, left = layer.get("padding", (0, 0))
    padded = np.pad(values, ((0, 0), (0, 0), (above, above), (left, left)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))[:, :, ::down, ::across]
    outputs = [
        np.tensordot(part, kernels, axes=([1, 4, 5], [1, 2, 3]))
        for part, kernels in zip(np.split(windows, groups, axis=1), np.split(weight, groups), strict=True)
    ]
    return np.asarray(np.concatenate(outputs, axis=-1).transpose(0, 3, 1, 2) + _of_maps(_bias(layer)))


def _normalize(layer: dict[str, Any], values: Values) -> Values:
    """Normalize maps by the running statistics."""
    scale = _array(layer.get("weight", 1)) / np.sqrt(_array(layer["running_var"]) + np.float32(layer["eps"]))
    return (values - _of_maps(_array(layer["running_mean"]))) * _of_maps(scale) + _of_maps(_bias(layer))


def _blocks(values: Values, size: int) -> Values:
    """Split maps into squares, float32 [N, C, rows, size, columns, size].

    What is left over is cut off.
    """
    rows, columns = (length // size for length in values.shape[2:])
    whole = values[:, :, : rows * size, : columns * size]
    return whole.reshape(*whole.shape[:2], rows, size, columns, size)


def _sigmoid(values: Values) -> Values:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values), np.float32)  # never overflows


def _bias(layer: dict[str, Any]) -> Values:
    return _array(layer.get("bias", 0))


def _of_maps(values: Values) -> Values:
    """Give numbers of maps, float32 [C], the shape [C, 1, 1].

    A single number is broadcast anyway.
    """
    return values.reshape(*values.shape, 1, 1)


def _array(weights: Any) -> Values:
    return np.asarray(weights, np.float32)
