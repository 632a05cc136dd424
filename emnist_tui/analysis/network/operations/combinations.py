"""Sums, products and concatenations of values."""

from collections.abc import Sequence

import numpy as np

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations.operation import Call, Gradients, Operation, Shape, require


def _add(call: Call[Array]) -> Array:
    first, second = _two(call)
    return np.asarray(first + second)


def _add_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    return _share(call, [gradient, gradient])


def _multiply(call: Call[Array]) -> Array:
    first, second = _two(call)
    return np.asarray(first * second)


def _multiply_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    first, second = _two(call)
    return _share(call, [gradient * second, gradient * first])


def _two(call: Call[Array]) -> tuple[Array, Array | float]:
    """Return both terms or factors.

    The second may be a weight or a constant.
    """
    first = call.inputs[0]
    if len(call.inputs) == 2:
        return first, call.inputs[1]
    return first, call.weights["weight"] if call.weights else float(call.settings["constant"])


def _share(call: Call[Array], gradients: Sequence[Array]) -> Gradients:
    """Sum gradients over what was broadcast."""
    inputs = [_fold(gradient, value) for gradient, value in zip(gradients, call.inputs, strict=False)]
    return inputs, {"weight": _fold(gradients[1], call.weights["weight"])} if call.weights else {}


def _fold(gradient: Array, value: Array) -> Array:
    """Sum a gradient over the axes that a value was repeated along."""
    added = gradient.ndim - value.ndim
    repeated = [axis for axis, length in enumerate(value.shape, added) if length == 1 != gradient.shape[axis]]
    summed = gradient.sum(axis=(*range(added), *repeated), keepdims=True) if added or repeated else gradient
    return summed.reshape(value.shape)


def _shape(call: Call[Shape]) -> Shape:
    first, *others = call.inputs
    for other in others:
        require(len(other) == len(first), "values of different axes cannot be combined")
        return np.broadcast_shapes(first, other)
    for weight in call.weights.values():
        lead = (1,) * (len(first) + 1 - len(weight)) + weight
        require(len(lead) == len(first) + 1 and lead[0] == 1, "the weight has more axes than the value")
        require(np.broadcast_shapes(first, lead[1:]) == first, "the weight is larger than the value")
    return first


def _concatenate(call: Call[Array]) -> Array:
    return np.concatenate(call.inputs, axis=_axis(call, call.inputs[0].ndim - 1) + 1)


def _concatenate_backward(call: Call[Array], _: Array, gradient: Array) -> Gradients:
    axis = _axis(call, gradient.ndim - 1) + 1
    ends = np.cumsum([value.shape[axis] for value in call.inputs])[:-1]
    return np.split(gradient, ends, axis=axis), {}


def _concatenated_shape(call: Call[Shape]) -> Shape:
    first = call.inputs[0]
    axis = _axis(call, len(first))
    require(0 <= axis < len(first), "there is no such axis")
    for shape in call.inputs:
        require(len(shape) == len(first), "values of different axes cannot be concatenated")
        same = [own == other for own, other in zip(shape, first, strict=True)]
        require(all(same[:axis] + same[axis + 1 :]), "values of different sizes cannot be concatenated")
    return (*first[:axis], sum(shape[axis] for shape in call.inputs), *first[axis + 1 :])


def _axis(call: Call[Array] | Call[Shape], axes: int) -> int:
    """Return the axis, counted from the first after the batch."""
    axis = int(call.settings.get("axis", 0))
    return axis + axes if axis < 0 else axis


OPERATIONS = {
    "add": Operation(_add, _add_backward, _shape),
    "multiply": Operation(_multiply, _multiply_backward, _shape),
    "concat": Operation(_concatenate, _concatenate_backward, _concatenated_shape),
}
