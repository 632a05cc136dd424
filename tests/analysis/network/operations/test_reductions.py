"""Means, softmax and reshaping as torch's."""

from typing import Any

import pytest
import torch

from emnist_tui.analysis.network.operations.operation import Call
from emnist_tui.analysis.network.operations.reductions import OPERATIONS
from tests.support.torch_operations import assert_like_torch


@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("axes", [[1, 2], [0], [-1], [0, -1], [0, 1, 2]])
def test_a_mean_is_that_of_torch(axes: list[int], keepdims: bool) -> None:
    dims = [axis if axis < 0 else axis + 1 for axis in axes]
    assert_like_torch("mean", lambda x: x.mean(dims, keepdim=keepdims), (4, 5, 3), axes=axes, keepdims=keepdims)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_softmax_is_that_of_torch(axis: int) -> None:
    dim = axis if axis < 0 else axis + 1
    assert_like_torch("softmax", lambda x: x.softmax(dim), (4, 6), axis=axis)
    assert_like_torch("log_softmax", lambda x: x.log_softmax(dim), (4, 6), axis=axis)


def test_values_are_reshaped_as_in_torch() -> None:
    assert_like_torch("flatten", lambda x: x.flatten(1), (4, 5, 3))
    assert_like_torch("reshape", lambda x: x.reshape(-1, 10, 6), (4, 5, 3), shape=[10, 6])
    assert_like_torch("identity", lambda x: x + 0, (4, 5, 3))


@pytest.mark.parametrize(
    ("operation", "settings"),
    [("mean", {"axes": [2]}), ("mean", {"axes": [1, -1]}), ("mean", {"axes": [-3]}), ("softmax", {"axis": 2}),
     ("log_softmax", {"axis": -3}), ("reshape", {"shape": [3, 3]})],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(operation: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"axis|number"):
        OPERATIONS[operation].shape(Call([(4, 5)], {}, settings))


def test_a_softmax_of_large_values_is_finite() -> None:
    values = torch.tensor([[1000.0, -1000.0]]).numpy()
    assert OPERATIONS["softmax"].forward(Call([values], {}, {})).tolist() == [[1, 0]]
