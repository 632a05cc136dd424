"""Pooling as torch's, with padding, dilation, ceiling and ties."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, max_pool2d

from emnist_tui.analysis.network.operations.operation import Call
from emnist_tui.analysis.network.operations.pooling import OPERATIONS
from tests.support.torch_operations import assert_like_torch

CASES: dict[str, dict[str, Any]] = {
    "plain": {"kernel": [2, 2]},
    "overlapping": {"kernel": [3, 2], "stride": [2, 1]},
    "padded": {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]},
    "ceiling": {"kernel": [2, 3], "stride": [2, 2], "ceil": True},
    "padded ceiling": {"kernel": [3, 3], "stride": [2, 3], "padding": [1, 1], "ceil": True},
    "leftover": {"kernel": [2, 2], "stride": [3, 3]},
}


@pytest.mark.parametrize("dilation", [[1, 1], [2, 1]])
@pytest.mark.parametrize("case", CASES)
def test_the_maximum_is_that_of_torch(case: str, dilation: list[int]) -> None:
    settings = CASES[case]
    named = {"stride": settings.get("stride"), "padding": settings.get("padding", 0), "ceil_mode": "ceil" in settings}

    def function(maps: torch.Tensor) -> torch.Tensor:
        pooled: torch.Tensor = max_pool2d(maps, settings["kernel"], dilation=dilation, **named)
        return pooled

    assert_like_torch("max_pool", function, (2, 9, 8), dilation=dilation, **settings)


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_the_mean_is_that_of_torch(case: str, counts: bool) -> None:
    settings = CASES[case]
    named = {"stride": settings.get("stride"), "padding": settings.get("padding", 0), "ceil_mode": "ceil" in settings}

    def function(maps: torch.Tensor) -> torch.Tensor:
        return avg_pool2d(maps, settings["kernel"], count_include_pad=counts, **named)

    assert_like_torch("avg_pool", function, (2, 9, 8), counts_padding=counts, **settings)


def test_settings_that_are_not_given_are_torchs() -> None:
    assert_like_torch("avg_pool", lambda maps: avg_pool2d(maps, 3, padding=1), (2, 9, 8), kernel=[3, 3], padding=[1, 1])
    assert_like_torch("max_pool", lambda maps: max_pool2d(maps, 3, padding=1), (2, 9, 8), kernel=[3, 3], padding=[1, 1])


def test_the_first_of_equal_maxima_gets_the_gradient() -> None:
    maps = np.random.default_rng(0).integers(0, 2, (2, 3, 8, 8)).astype(np.float64)
    settings = {"kernel": [3, 3], "stride": [2, 2]}
    call = Call([maps], {}, settings)
    output = OPERATIONS["max_pool"].forward(call)
    gradient = np.random.default_rng(1).standard_normal(output.shape)
    ((found,), _) = OPERATIONS["max_pool"].backward(call, output, gradient)
    tensor = torch.tensor(maps, requires_grad=True)
    max_pool2d(tensor, 3, 2).backward(torch.from_numpy(gradient))  # type: ignore[no-untyped-call]
    assert tensor.grad is not None
    np.testing.assert_allclose(found, tensor.grad.numpy())


@pytest.mark.parametrize(
    ("shape", "settings"),
    [
        ((9, 9), {"kernel": [2, 2]}),
        ((1, 9, 9), {"kernel": [10, 1]}),
        ((1, 9, 9), {"kernel": [2, 2], "padding": [2, 0]}),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shape: tuple[int, ...], settings: dict[str, Any]) -> None:
    for operation in OPERATIONS.values():
        with pytest.raises(ValueError, match=r"maps|padding"):
            operation.shape(Call([shape], {}, settings))
