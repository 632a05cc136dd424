"""An operation in numpy set against torch: value, gradients and shape."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from emnist_tui.analysis.network.network import Array
from emnist_tui.analysis.network.operations import IMPLEMENTED
from emnist_tui.analysis.network.operations.operation import Call

Shape = tuple[int, ...]
IMAGES = 3
TRAINED = ("weight", "bias")


def draw(shape: Shape, seed: int = 0, dtype: type = np.float64) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def assert_like_torch(
    operation: str,
    function: Callable[..., Tensor],
    shape: Shape | Sequence[Array],
    weights: Mapping[str, Shape] | None = None,
    /,
    **settings: Any,
) -> None:
    """Compare an operation with a function of torch, which takes the inputs and then the weights by name.

    `shape` is one image's, or several inputs are given with their batch axis.
    """
    inputs = [2 * draw((IMAGES, *shape), seed=1)] if isinstance(shape, tuple) else list(shape)
    arrays = {role: draw(each, seed=number) for number, (role, each) in enumerate((weights or {}).items(), 2)}
    if "running_var" in arrays:
        arrays["running_var"] = np.abs(arrays["running_var"]) + 0.5
    tensors = [torch.tensor(each, requires_grad=True) for each in inputs]
    named = {role: torch.tensor(each, requires_grad=role in TRAINED) for role, each in arrays.items()}
    expected = function(*tensors, **named)
    gradient = draw(tuple(expected.shape), seed=9)
    expected.backward(torch.from_numpy(gradient))  # type: ignore[no-untyped-call]

    implemented, call = IMPLEMENTED[operation], Call(inputs, arrays, settings)
    kept = [each.copy() for each in inputs]
    output = implemented.forward(call)
    np.testing.assert_allclose(output, expected.detach().numpy(), rtol=1e-10, atol=1e-12)
    by_input, by_weight = implemented.backward(call, output, gradient)
    for found, tensor in zip(by_input, tensors, strict=True):
        assert tensor.grad is not None
        np.testing.assert_allclose(found, tensor.grad.numpy(), rtol=1e-7, atol=1e-10)
    assert by_weight.keys() == {role for role, each in named.items() if each.requires_grad}
    for role, found in by_weight.items():
        wanted = named[role].grad
        assert wanted is not None
        np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-9, atol=1e-11)
    for value, before in zip(inputs, kept, strict=True):
        np.testing.assert_array_equal(value, before)

    shapes = Call([each.shape[1:] for each in inputs], {role: each.shape for role, each in arrays.items()}, settings)
    assert implemented.shape(shapes) == output.shape[1:]
    cost = implemented.cost(shapes, output.shape[1:])
    assert min(cost.held, cost.work) >= output[0].size
    single = Call(
        [each.astype(np.float32) for each in inputs],
        {role: each.astype(np.float32) for role, each in arrays.items()},
        settings,
    )
    narrow = implemented.forward(single)
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, output, rtol=1e-3, atol=1e-4)
    assert all(
        each.dtype == np.float32 for each in implemented.backward(single, narrow, gradient.astype(np.float32))[0]
    )
