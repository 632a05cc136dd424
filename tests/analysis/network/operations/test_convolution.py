"""Convolution as torch's, with strides, padding, dilation and groups."""

import numpy as np
import pytest
from torch.nn.functional import conv2d

from emnist_tui.analysis.network.operations.convolution import OPERATIONS
from emnist_tui.analysis.network.operations.operation import Call
from tests.support.torch_operations import assert_like_torch

CASES = {
    "plain": ((3, 9, 8), (5, 3, 3, 2), {}),
    "strided": ((3, 9, 8), (5, 3, 3, 2), {"stride": [2, 3], "padding": [1, 0]}),
    "dilated": ((2, 11, 10), (4, 2, 3, 3), {"dilation": [2, 3], "padding": [2, 1]}),
    "grouped": ((4, 7, 7), (6, 2, 3, 3), {"groups": 2, "padding": [1, 1]}),
    "depthwise": ((4, 7, 6), (4, 1, 3, 3), {"groups": 4, "padding": [1, 1], "stride": [2, 1]}),
    "multiplied": ((2, 6, 6), (6, 1, 3, 3), {"groups": 2}),
    "pointwise": ((4, 5, 6), (3, 4, 1, 1), {}),
    "grouped pointwise": ((4, 5, 6), (6, 2, 1, 1), {"groups": 2}),
    "single map": ((1, 6, 5), (1, 1, 3, 3), {"padding": [2, 3]}),
    "leftover": ((2, 8, 9), (2, 2, 3, 3), {"stride": [3, 4]}),
}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_convolution_is_that_of_torch(case: str, bias: bool) -> None:
    shape, weight, settings = CASES[case]
    weights = {"weight": weight} | ({"bias": weight[:1]} if bias else {})
    assert_like_torch("conv", lambda maps, **given: conv2d(maps, **given, **settings), shape, weights, **settings)  # type: ignore[arg-type]


def test_one_image_equals_the_same_in_a_batch() -> None:
    maps = np.random.default_rng(0).standard_normal((5, 4, 9, 9))
    weight = np.random.default_rng(1).standard_normal((4, 1, 3, 3))
    settings = {"groups": 4, "padding": [1, 1]}
    whole = OPERATIONS["conv"].forward(Call([maps], {"weight": weight}, settings))
    for number in range(5):
        alone = OPERATIONS["conv"].forward(Call([maps[number : number + 1]], {"weight": weight}, settings))
        np.testing.assert_allclose(alone[0], whole[number], rtol=1e-12)


@pytest.mark.parametrize(
    ("maps", "weights", "settings"),
    [
        ((3, 9, 9), {"weight": (4, 2, 3, 3)}, {}),
        ((4, 9, 9), {"weight": (3, 2, 3, 3)}, {"groups": 2}),
        ((1, 9, 9), {"weight": (2, 1, 10, 3)}, {}),
        ((1, 9, 9), {"weight": (2, 1, 3, 3)}, {"dilation": [5, 1]}),
        ((1, 9, 9), {"weight": (2, 1, 3, 3), "bias": (3,)}, {}),
        ((1, 9, 9), {"weight": (2, 1, 3)}, {}),
        ((1, 9, 9), {"weight": (0, 1, 3, 3)}, {}),
        ((9,), {"weight": (2, 9, 1, 1)}, {}),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    maps: tuple[int, ...], weights: dict[str, tuple[int, ...]], settings: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=r"maps|kernel|bias"):
        OPERATIONS["conv"].shape(Call([maps], weights, settings))


def test_the_cost_counts_columns_and_products() -> None:
    call = Call([(2, 10, 10)], {"weight": (3, 2, 3, 3)}, {})
    cost = OPERATIONS["conv"].cost(call, (3, 8, 8))
    assert cost.held == 2 * 100 + 18 * 64 + 3 * 64
    assert cost.work > 3 * 64 * 18
