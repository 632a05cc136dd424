"""Forward pass of a network in numpy."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.graph import INPUT, Node
from emnist_tui.analysis.network.network import Array, Network, Pass


def examine(network: Network, image: NDArray[np.uint8], true: int | None = None) -> Pass:
    """Compute every value of a network for an image, uint8 [28, 28]."""
    values = forward(network, image[None], np.float64)
    return Pass(network, image, {name: value[0] for name, value in values.items()}, true)


def forward(network: Network, images: NDArray[np.uint8], dtype: type = np.float32) -> dict[str, Array]:
    """Compute every value of a network for images, uint8 [N, 28, 28].

    Returns the values with the batch axis first, by node.
    """
    ink = images[:, None].astype(dtype) / 255
    values: dict[str, Array] = {INPUT: ink * dtype(network.scale.factor) + dtype(network.scale.offset)}
    weights = network.exact if dtype is np.float64 else network.weights
    for node in network.graph.nodes:
        inputs = [values[name] for name in node.inputs]
        values[node.name] = compute(node, inputs, {role: weights[key] for role, key in node.weights.items()})
    return values


def compute(node: Node, inputs: list[Array], weights: Mapping[str, Array]) -> Array:
    """Compute a node's value from its inputs, all with a batch axis."""
    (values, *_), settings = inputs, node.settings
    match node.operation:
        case "conv":
            return _convolve(values, weights, settings)
        case "linear":
            return np.asarray(values @ weights["weight"].T + weights.get("bias", 0))
        case "batch_norm":
            scale = weights.get("weight", 1) / np.sqrt(weights["running_var"] + settings["eps"])
            shift = weights.get("bias", 0) - weights["running_mean"] * scale
            shape = (-1, *(1,) * (values.ndim - 2))
            return np.asarray(values * scale.reshape(shape) + shift.reshape(shape), values.dtype)
        case "max_pool":
            return _windows(values, settings).max(axis=(-2, -1))
        case "avg_pool":
            return _windows(values, settings).mean(axis=(-2, -1))
        case "relu":
            return np.maximum(values, 0)
        case "sigmoid":
            return _sigmoid(values)
        case "silu":
            return values * _sigmoid(values)
        case "mish":
            return values * np.tanh(np.logaddexp(values, 0))
        case "add":
            return values + inputs[1]
        case "flatten":
            return values.reshape(len(values), -1)
        case "identity":
            return values
    raise ValueError(f"{node.operation!r} is not computed in numpy")


def _convolve(values: Array, weights: Mapping[str, Array], settings: Mapping[str, object]) -> Array:
    weight, groups = weights["weight"], int(settings["groups"])  # type: ignore[call-overload]
    above, left = settings["padding"]  # type: ignore[misc]
    down, across = settings["stride"]  # type: ignore[misc]
    padded = np.pad(values, ((0, 0), (0, 0), (above, above), (left, left)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], axis=(2, 3))[:, :, ::down, ::across]
    outputs = [
        np.tensordot(part, kernels, axes=([1, 4, 5], [1, 2, 3]))
        for part, kernels in zip(np.split(windows, groups, axis=1), np.split(weight, groups), strict=True)
    ]
    result = np.concatenate(outputs, axis=-1).transpose(0, 3, 1, 2)
    return np.asarray(result + weights["bias"].reshape(-1, 1, 1) if "bias" in weights else result)


def _windows(values: Array, settings: Mapping[str, object]) -> Array:
    kernel, (down, across) = settings["kernel"], settings["stride"]  # type: ignore[misc]
    views = np.lib.stride_tricks.sliding_window_view(values, kernel, axis=(2, 3))  # type: ignore[call-overload]
    return np.asarray(views[:, :, ::down, ::across])


def _sigmoid(values: Array) -> Array:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * values))
