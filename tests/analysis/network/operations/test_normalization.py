"""Norms as torch's in evaluation."""

import pytest
from torch import Tensor
from torch.nn.functional import batch_norm, group_norm, layer_norm

from emnist_tui.analysis.network.operations.normalization import OPERATIONS
from emnist_tui.analysis.network.operations.operation import Call
from tests.support.torch_operations import assert_like_torch

AFFINE = [("weight", "bias"), ("bias",), ("weight",), ()]


@pytest.mark.parametrize("roles", AFFINE)
@pytest.mark.parametrize("shape", [(4, 5, 3), (4,)])
def test_a_batch_norm_is_that_of_torch(shape: tuple[int, ...], roles: tuple[str, ...]) -> None:
    weights = dict.fromkeys(("running_mean", "running_var", *roles), (4,))
    assert_like_torch("batch_norm", lambda x, **given: batch_norm(x, eps=1e-3, **given), shape, weights, eps=1e-3)


@pytest.mark.parametrize("roles", AFFINE)
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_a_layer_norm_is_that_of_torch(axes: int, roles: tuple[str, ...]) -> None:
    shape = (4, 5, 3)[-axes:]

    def function(values: Tensor, **given: Tensor) -> Tensor:
        return layer_norm(values, shape, eps=1e-3, **given)

    assert_like_torch("layer_norm", function, (4, 5, 3), dict.fromkeys(roles, shape), eps=1e-3, axes=axes)


@pytest.mark.parametrize("roles", AFFINE)
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_group_norm_is_that_of_torch(groups: int, roles: tuple[str, ...]) -> None:
    def function(values: Tensor, bias: Tensor | None = None, **given: Tensor) -> Tensor:
        normed = group_norm(values, groups, eps=1e-3, bias=bias if given else None, **given)
        return normed if given or bias is None else normed + bias[:, None, None]  # torch fails with a bias alone

    assert_like_torch("group_norm", function, (4, 5, 3), dict.fromkeys(roles, (4,)), eps=1e-3, groups=groups)


@pytest.mark.parametrize(
    ("operation", "settings", "weight"),
    [("batch_norm", {}, (3,)), ("layer_norm", {"axes": 4}, (4,)), ("layer_norm", {"axes": 1}, (5,)),
     ("group_norm", {"groups": 3}, (4,)), ("group_norm", {"groups": 2}, (2,))],
)  # fmt: skip
def test_shapes_that_do_not_fit_are_refused(operation: str, settings: dict[str, int], weight: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"norm|groups"):
        OPERATIONS[operation].shape(Call([(4, 5, 3)], {"weight": weight}, settings))
