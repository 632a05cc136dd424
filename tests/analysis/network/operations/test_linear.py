"""The linear operation as torch's."""

import pytest
from torch.nn.functional import linear

from emnist_tui.analysis.network.operations.linear import OPERATIONS
from emnist_tui.analysis.network.operations.operation import Call
from tests.support.torch_operations import assert_like_torch


@pytest.mark.parametrize("weights", [{"weight": (4, 7), "bias": (4,)}, {"weight": (4, 7)}])
@pytest.mark.parametrize("shape", [(7,), (3, 7), (2, 3, 7)])
def test_the_linear_operation_is_that_of_torch(shape: tuple[int, ...], weights: dict[str, tuple[int, ...]]) -> None:
    assert_like_torch("linear", linear, shape, weights)


@pytest.mark.parametrize("weights", [{"weight": (4, 6)}, {"weight": (4, 7), "bias": (7,)}, {"weight": (7,)}])
def test_shapes_that_do_not_fit_are_refused(weights: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match=r"length|bias"):
        OPERATIONS["linear"].shape(Call([(7,)], weights, {}))
