"""Calls of torch as operations with settings."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from emnist_tui.learning.inference.tracing.calls import Recorder
from emnist_tui.learning.inference.tracing.operations import describe

PAIRS = {"stride": [2, 2], "padding": [0, 0]}
KNOWN: dict[str, tuple[Callable[[Tensor], Tensor], str, dict[str, Any]]] = {
    "relu6": (nn.ReLU6(), "relu6", {}),
    "leaky": (nn.LeakyReLU(0.2), "leaky_relu", {"slope": 0.2}),
    "elu": (nn.ELU(), "elu", {"alpha": 1.0}),
    "gelu": (nn.GELU("tanh"), "gelu", {"approximate": "tanh"}),
    "hardtanh": (nn.Hardtanh(), "hardtanh", {"low": -1.0, "high": 1.0}),
    "clamp": (lambda x: x.clamp(0, 2), "hardtanh", {"low": 0.0, "high": 2.0}),
    "softplus": (nn.Softplus(), "softplus", {"beta": 1.0, "threshold": 20.0}),
    "mean": (lambda x: x.mean((2, 3)), "mean", {"axes": [1, 2], "keepdims": False}),
    "one mean": (lambda x: x.mean(dim=-1, keepdim=True), "mean", {"axes": [2], "keepdims": True}),
    "adaptive": (nn.AdaptiveAvgPool2d(1), "mean", {"axes": [1, 2], "keepdims": True}),
    "even": (
        nn.AdaptiveAvgPool2d(4),
        "avg_pool",
        {"kernel": [2, 2], "counts_padding": True, "ceil": False} | PAIRS,
    ),
    "pool": (
        nn.MaxPool2d(3, 2, 1, ceil_mode=True),
        "max_pool",
        {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "dilation": [1, 1], "ceil": True},
    ),
    "minus": (lambda x: x - 0.5, "add", {"constant": -0.5}),
    "divided": (lambda x: x / 4, "multiply", {"constant": 0.25}),
    "turned": (lambda x: 3 * x, "multiply", {"constant": 3.0}),
    "negative": (lambda x: -x, "multiply", {"constant": -1.0}),
    "concat": (lambda x: torch.cat([x, x], 1), "concat", {"axis": 0}),
    "softmax": (lambda x: functional.log_softmax(x, dim=-1), "log_softmax", {"axis": 2}),
    "instances": (nn.InstanceNorm2d(3), "group_norm", {"eps": 1e-5, "groups": 3}),
    "groups": (lambda x: functional.group_norm(x, 3), "group_norm", {"eps": 1e-5, "groups": 3}),
    "flatten": (lambda x: x.view(5, -1), "flatten", {}),
    "dropout": (nn.Dropout2d(), "identity", {}),
}
UNKNOWN: dict[str, Callable[[Tensor], Tensor]] = {
    "no windows alike": nn.AdaptiveAvgPool2d(3),
    "over the images": lambda x: x + x.mean(0, keepdim=True),
    "norm of the batch": lambda x: functional.batch_norm(x, None, None, training=True),
    "clamped from below": lambda x: x.clamp(min=0.5),
    "another factor": lambda x: torch.add(x, x, alpha=2),
    "divided by a value": lambda x: x / x.exp(),
    "turned maps": lambda x: x.transpose(1, 2),
    "power": lambda x: x**2,
    "dropout": lambda x: functional.dropout(x, 0.5, training=True),
}


class Applied(nn.Module):
    """A module that applies a function, or another module."""

    def __init__(self, compute: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.compute = compute

    def forward(self, maps: Tensor) -> Tensor:
        return self.compute(maps)


def described(compute: Callable[[Tensor], Tensor]) -> Any:
    """Describe the last call of a function of maps 3×8×8."""
    recorder = Recorder(Applied(compute).eval())
    with torch.no_grad():
        recorder.run(torch.rand(5, 3, 8, 8))
    return describe(recorder.calls[-1])


@pytest.mark.parametrize("name", KNOWN)
def test_a_call_is_an_operation_with_settings(name: str) -> None:
    compute, operation, settings = KNOWN[name]
    found = described(compute)
    assert (found.name, dict(found.settings)) == (operation, settings)


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_call_that_no_operation_stands_for_is_unknown(name: str) -> None:
    assert described(UNKNOWN[name]) is None


@pytest.mark.parametrize(("padding", "expected"), [("same", [1, 2]), ("valid", [0, 0]), (1, [1, 1]), ((0, 2), [0, 2])])
def test_padding_by_name_or_number_is_a_pair(padding: Any, expected: list[int]) -> None:
    found = described(nn.Conv2d(3, 2, (3, 5), padding=padding))
    assert found.settings["padding"] == expected
    assert dict(found.weights) == {"weight": "compute.weight", "bias": "compute.bias"}


@pytest.mark.filterwarnings("ignore:Using padding")
def test_padding_of_one_side_is_unknown() -> None:
    assert described(nn.Conv2d(3, 2, 2, padding="same")) is None
