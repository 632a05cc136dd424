"""Normalization by running statistics, of groups of maps, or of last axes."""

from collections.abc import Mapping

import numpy as np

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.operation import (
    Call,
    Gradients,
    Operation,
    Shape,
    of_maps,
    require,
    sum_of_maps,
)

_EPSILON = 1e-5


def batch_scale(call: Call[Array]) -> Array:
    """Return the factor of each channel in a batch norm, [C]."""
    factor = 1 / np.sqrt(call.weights["running_var"] + _epsilon(call))
    return np.asarray(factor * call.weights["weight"] if "weight" in call.weights else factor)


def _batch(call: Call[Array]) -> Array:
    (values,), scale = call.inputs, batch_scale(call)
    shift = -call.weights["running_mean"] * scale
    if "bias" in call.weights:
        shift += call.weights["bias"]
    result = values * of_maps(scale, values)
    result += of_maps(shift, values)
    return result


def _batch_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    (values,), weights = call.inputs, {}
    if "weight" in call.weights:
        centered = values - of_maps(call.weights["running_mean"], values)
        weights["weight"] = sum_of_maps(gradient * centered) / np.sqrt(call.weights["running_var"] + _epsilon(call))
    if "bias" in call.weights:
        weights["bias"] = sum_of_maps(gradient)
    return [gradient * of_maps(batch_scale(call), values)], weights


def _batch_shape(call: Call[Shape]) -> Shape:
    (values,) = call.inputs
    right = len(values) > 0 and all(shape == values[:1] for shape in call.weights.values())
    require(right, "a norm has one number a channel")
    return values


def _layer(call: Call[Array]) -> Array:
    (values,) = call.inputs
    return _affine(_standardized(values, _last_axes(call), _epsilon(call))[0], call.weights)


def _layer_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    (values,), axes = call.inputs, _last_axes(call)
    standard, deviation = _standardized(values, axes, _epsilon(call))
    kept = tuple(range(values.ndim - len(axes)))
    weights = _affine_gradients(call, gradient, standard, kept)
    inner = gradient * call.weights["weight"] if "weight" in call.weights else gradient
    return [_standardized_backward(inner, standard, deviation, axes)], weights


def _layer_shape(call: Call[Shape]) -> Shape:
    (values,), count = call.inputs, int(call.settings["axes"])
    require(count <= len(values), "a norm of more axes than there are")
    require(all(shape == values[-count:] for shape in call.weights.values()), "a norm has one number a value")
    return values


def _group(call: Call[Array]) -> Array:
    (values,) = call.inputs
    grouped = _grouped(call, values)
    standard = _standardized(grouped, _axes_of_group(grouped), _epsilon(call))[0].reshape(values.shape)
    return _affine(standard, {role: of_maps(weight, values) for role, weight in call.weights.items()})


def _group_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    (values,) = call.inputs
    grouped = _grouped(call, values)
    axes = _axes_of_group(grouped)
    standard, deviation = _standardized(grouped, axes, _epsilon(call))
    kept = (0, *range(2, values.ndim))
    weights = _affine_gradients(call, gradient, standard.reshape(values.shape), kept)
    inner = gradient * of_maps(call.weights["weight"], values) if "weight" in call.weights else gradient
    result = _standardized_backward(inner.reshape(grouped.shape), standard, deviation, axes)
    return [result.reshape(values.shape)], weights


def _group_shape(call: Call[Shape]) -> Shape:
    (values,), groups = call.inputs, int(call.settings["groups"])
    require(len(values) > 0 and values[0] % groups == 0, "the channels do not form so many groups")
    return _batch_shape(call)


def _standardized(values: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """Return values of mean 0 and variance 1, and their deviation."""
    centered = values - values.mean(axis=axes, keepdims=True)
    deviation = np.sqrt(np.square(centered).mean(axis=axes, keepdims=True) + epsilon)
    return centered / deviation, deviation


def _standardized_backward(gradient: Array, standard: Array, deviation: Array, axes: tuple[int, ...]) -> Array:
    centered = gradient - gradient.mean(axis=axes, keepdims=True)
    return np.asarray((centered - standard * (gradient * standard).mean(axis=axes, keepdims=True)) / deviation)


def _affine(standard: Array, weights: Mapping[str, Array]) -> Array:
    result = standard * weights["weight"] if "weight" in weights else standard
    return np.asarray(result + weights["bias"] if "bias" in weights else result)


def _affine_gradients(call: Call[Array], gradient: Array, standard: Array, axes: tuple[int, ...]) -> dict[str, Array]:
    gradients = {"weight": (gradient * standard).sum(axis=axes), "bias": gradient.sum(axis=axes)}
    return {role: gradients[role] for role in call.weights}


def _grouped(call: Call[Array], values: Array) -> Array:
    return values.reshape(len(values), int(call.settings["groups"]), -1)


def _axes_of_group(grouped: Array) -> tuple[int, ...]:
    return tuple(range(2, grouped.ndim))


def _last_axes(call: Call[Array]) -> tuple[int, ...]:
    return tuple(range(-int(call.settings["axes"]), 0))


def _epsilon(call: Call[Array]) -> float:
    return float(call.settings.get("eps", _EPSILON))


OPERATIONS = {
    "batch_norm": Operation(_batch, _batch_backward, _batch_shape),
    "layer_norm": Operation(_layer, _layer_backward, _layer_shape),
    "group_norm": Operation(_group, _group_backward, _group_shape),
}
