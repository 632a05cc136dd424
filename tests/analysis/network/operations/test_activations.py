"""Activations and their slopes as torch's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from emnist_tui.analysis.network.operations.activations import FUNCTIONS, OPERATIONS
from emnist_tui.analysis.network.operations.operation import Call
from tests.support.torch_operations import assert_like_torch

CASES: list[tuple[str, Callable[..., Tensor], dict[str, Any]]] = [
    ("relu", functional.relu, {}),
    ("relu6", functional.relu6, {}),
    ("leaky_relu", lambda x: functional.leaky_relu(x, 0.2), {"slope": 0.2}),
    ("leaky_relu", functional.leaky_relu, {}),
    ("elu", lambda x: functional.elu(x, 0.7), {"alpha": 0.7}),
    ("sigmoid", torch.sigmoid, {}),
    ("tanh", torch.tanh, {}),
    ("silu", functional.silu, {}),
    ("mish", functional.mish, {}),
    ("gelu", functional.gelu, {}),
    ("gelu", lambda x: functional.gelu(x, approximate="tanh"), {"approximate": "tanh"}),
    ("hardswish", functional.hardswish, {}),
    ("hardsigmoid", functional.hardsigmoid, {}),
    ("hardtanh", lambda x: functional.hardtanh(x, -0.5, 2), {"low": -0.5, "high": 2}),
    ("softplus", lambda x: functional.softplus(x, 2, 3), {"beta": 2, "threshold": 3}),
]


@pytest.mark.parametrize(("operation", "function", "settings"), CASES)
def test_an_activation_is_that_of_torch(
    operation: str, function: Callable[..., Tensor], settings: dict[str, Any]
) -> None:
    assert_like_torch(operation, function, (7, 9), **settings)


def test_every_activation_is_compared() -> None:
    assert {name for name, _, _ in CASES} == FUNCTIONS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize(("operation", "function", "settings"), CASES)
def test_corners_and_ends_are_those_of_torch(
    operation: str, function: Callable[..., Tensor], settings: dict[str, Any]
) -> None:
    values = np.array([[-1e4, -1000.0, -50, -3, -0.5, -0.0, 0, 2, 3, 6, 20.5, 50, 1000, 1e4]])
    tensor = torch.tensor(values, requires_grad=True)
    expected = function(tensor)
    expected.sum().backward()  # type: ignore[no-untyped-call]
    assert tensor.grad is not None
    call = Call([values], {}, settings)
    with np.errstate(all="raise", under="ignore"):
        output = OPERATIONS[operation].forward(call)
        ((gradient,), _) = OPERATIONS[operation].backward(call, output, np.ones_like(values))
        single = OPERATIONS[operation].forward(Call([values.astype(np.float32)], {}, settings))
    np.testing.assert_allclose(output, expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-7, atol=1e-9)
    assert np.isfinite(single).all()
