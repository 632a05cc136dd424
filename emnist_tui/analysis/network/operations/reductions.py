"""Means, softmax, and operations that only reshape."""

from math import prod

import numpy as np

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.operation import Call, Gradients, Operation, Shape, require, same_shape


def _flatten(call: Call[Array]) -> Array:
    return call.inputs[0].reshape(len(call.inputs[0]), -1)


def _reshape(call: Call[Array]) -> Array:
    return call.inputs[0].reshape(len(call.inputs[0]), *call.settings["shape"])


def _reshape_shape(call: Call[Shape]) -> Shape:
    shape = tuple(call.settings["shape"])
    require(prod(shape) == prod(call.inputs[0]), "another number of values")
    return shape


def _reshape_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    return [gradient.reshape(call.inputs[0].shape)], {}


def _mean(call: Call[Array]) -> Array:
    (values,) = call.inputs
    return np.asarray(values.mean(axis=_axes(call, values.ndim), keepdims=bool(call.settings.get("keepdims", False))))


def _mean_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    (values,) = call.inputs
    axes = _axes(call, values.ndim)
    if not call.settings.get("keepdims", False):
        gradient = np.expand_dims(gradient, axes)
    size = prod(values.shape[axis] for axis in axes)
    return [np.broadcast_to(gradient / size, values.shape)], {}


def _mean_shape(call: Call[Shape]) -> Shape:
    (values,) = call.inputs
    axes = [axis + len(values) if axis < 0 else axis for axis in call.settings["axes"]]
    require(len(set(axes)) == len(axes) and all(0 <= axis < len(values) for axis in axes), "there is no such axis")
    if call.settings.get("keepdims", False):
        return tuple(1 if axis in axes else length for axis, length in enumerate(values))
    return tuple(length for axis, length in enumerate(values) if axis not in axes)


def _softmax(call: Call[Array]) -> Array:
    return np.exp(_log_softmax(call))


def _softmax_backward(call: Call[Array], output: Array, gradient: Array) -> Gradients:
    inner = (gradient * output).sum(axis=_axis(call), keepdims=True)
    return [output * (gradient - inner)], {}


def _log_softmax(call: Call[Array]) -> Array:
    (values,), axis = call.inputs, _axis(call)
    shifted = values - values.max(axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True)))


def _log_softmax_backward(call: Call[Array], output: Array, gradient: Array) -> Gradients:
    return [gradient - np.exp(output) * gradient.sum(axis=_axis(call), keepdims=True)], {}


def _softmax_shape(call: Call[Shape]) -> Shape:
    axis = int(call.settings.get("axis", -1))
    require(-len(call.inputs[0]) <= axis < len(call.inputs[0]), "there is no such axis")
    return call.inputs[0]


def _axis(call: Call[Array]) -> int:
    axis = int(call.settings.get("axis", -1))
    return axis if axis < 0 else axis + 1


def _axes(call: Call[Array], axes: int) -> tuple[int, ...]:
    """Return the axes, with the batch axis counted."""
    return tuple(axis + axes if axis < 0 else axis + 1 for axis in call.settings["axes"])


OPERATIONS = {
    "flatten": Operation(_flatten, _reshape_backward, lambda call: (prod(call.inputs[0]),)),
    "reshape": Operation(_reshape, _reshape_backward, _reshape_shape),
    "identity": Operation(lambda call: call.inputs[0], _reshape_backward, same_shape),
    "mean": Operation(_mean, _mean_backward, _mean_shape),
    "softmax": Operation(_softmax, _softmax_backward, _softmax_shape),
    "log_softmax": Operation(_log_softmax, _log_softmax_backward, _softmax_shape),
}
