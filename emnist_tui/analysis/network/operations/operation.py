"""Operations of a graph: values, gradients and shapes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Generic, TypeVar

import numpy as np

from emnist_tui.analysis.network.network import Array

Shape = tuple[int, ...]
"""Shape of a value without its batch axis, or of a weight."""
Each = TypeVar("Each", covariant=True)


@dataclass(frozen=True)
class Call(Generic[Each]):
    """Arguments of an operation: arrays with a batch axis, or their shapes."""

    inputs: Sequence[Each]
    weights: Mapping[str, Each]
    """By role; what is not there is not used."""
    settings: Mapping[str, Any]


Gradients = tuple[Sequence[Array], Mapping[str, Array]]
"""Gradients with respect to the inputs, in order, and to the trained weights, by role."""


@dataclass(frozen=True)
class Cost:
    """Memory and time that an operation takes for one image."""

    held: int
    """Numbers that it holds at once."""
    work: int
    """Numbers that it computes with; a call of numpy counts as some thousands."""


CALL = 5_000
"""Numbers that numpy multiplies in the time of a call."""


def plain_cost(call: Call[Shape], output: Shape) -> Cost:
    """Return the cost of an operation on each value by itself."""
    numbers = sum(map(prod, call.inputs)) + prod(output)
    return Cost(numbers, 10 * numbers + 10 * CALL)


@dataclass(frozen=True)
class Operation:
    """Functions that compute an operation."""

    forward: Callable[[Call[Array]], Array]
    backward: Callable[[Call[Array], Array, Array], Gradients]
    """Takes the call, its output and the gradient with respect to the output."""
    shape: Callable[[Call[Shape]], Shape]
    """Shape of the output. Raises `ValueError` if inputs, weights and settings do not fit."""
    cost: Callable[[Call[Shape], Shape], Cost] = plain_cost
    """Cost of a call whose output has a shape."""


def same_shape(call: Call[Shape]) -> Shape:
    """Return the shape of the first input."""
    return call.inputs[0]


def require(is_right: bool, message: str) -> None:
    """Raise `ValueError` unless shapes are right."""
    if not is_right:
        raise ValueError(message)


def images_last(maps: Array) -> Array:
    """Return maps, [N, C, rows, columns], as [C, rows, columns, N].

    Maps are in memory in this order: then a convolution is one product of matrices, and all images are neighbors, also
    in a slice of rows and columns.
    """
    return maps.transpose(1, 2, 3, 0)


def images_first(maps: Array) -> Array:
    """Return maps, [C, rows, columns, N], as [N, C, rows, columns]."""
    return maps.transpose(3, 0, 1, 2)


def of_maps(numbers: Array, values: Array) -> Array:
    """Give numbers of channels the axes of values, [N, C, …]."""
    return numbers.reshape(-1, *(1,) * (values.ndim - 2))


def sum_of_maps(values: Array) -> Array:
    """Sum values, [N, C, …], over all axes but the channels."""
    return np.asarray(values.sum(axis=(0, *range(2, values.ndim))))
