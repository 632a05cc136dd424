"""Sums, products and concatenations as torch's."""

from typing import Any

import pytest
import torch

from emnist_tui.analysis.network.operations.combinations import OPERATIONS
from emnist_tui.analysis.network.operations.operation import Call
from tests.support.torch_operations import assert_like_torch, draw

FUNCTIONS: dict[str, Any] = {"add": torch.add, "multiply": torch.mul}


@pytest.mark.parametrize("operation", FUNCTIONS)
@pytest.mark.parametrize("second", [(4, 5, 3), (4, 1, 1), (1, 5, 1)])
def test_two_values_are_combined_as_in_torch(operation: str, second: tuple[int, ...]) -> None:
    inputs = [draw((2, 4, 5, 3), 1), draw((2, *second), 2)]
    assert_like_torch(operation, FUNCTIONS[operation], inputs)
    assert_like_torch(operation, FUNCTIONS[operation], inputs[::-1])


@pytest.mark.parametrize("operation", FUNCTIONS)
@pytest.mark.parametrize("weight", [(1,), (4, 1, 1), (1, 4, 5, 3), (3,)])
def test_a_value_is_combined_with_a_weight(operation: str, weight: tuple[int, ...]) -> None:
    def function(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        combined: torch.Tensor = FUNCTIONS[operation](values, weight)
        return combined

    assert_like_torch(operation, function, (4, 5, 3), {"weight": weight})


def test_a_value_is_combined_with_a_constant() -> None:
    assert_like_torch("add", lambda values: values + 3, (4, 5), constant=3)
    assert_like_torch("multiply", lambda values: values * -0.5, (4, 5), constant=-0.5)


def test_a_value_may_be_combined_with_itself() -> None:
    value = draw((2, 3), 1)
    (first, second), _ = OPERATIONS["multiply"].backward(Call([value, value], {}, {}), value * value, value)
    assert (first + second == 2 * value * value).all()


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_values_are_concatenated_as_in_torch(axis: int) -> None:
    shapes = [[2, 4, 5, 3] for _ in range(3)]
    for length, shape in enumerate(shapes, 2):
        shape[axis if axis < 0 else axis + 1] = length
    inputs = [draw(tuple(shape), number) for number, shape in enumerate(shapes)]
    dim = axis if axis < 0 else axis + 1
    assert_like_torch("concat", lambda *values: torch.cat(values, dim), inputs, axis=axis)


@pytest.mark.parametrize(
    ("operation", "shapes", "weights", "settings"),
    [
        ("add", [(4, 5), (4, 6)], {}, {}),
        ("add", [(4, 5), (5,)], {}, {}),
        ("add", [(4, 5)], {"weight": (2, 4, 5)}, {}),
        ("multiply", [(4, 1)], {"weight": (4, 5)}, {}),
        ("multiply", [(4,)], {"weight": (1, 1, 4)}, {}),
        ("concat", [(4, 5), (4, 6)], {}, {}),
        ("concat", [(4, 5), (4,)], {}, {}),
        ("concat", [(4, 5), (4, 5)], {}, {"axis": 2}),
        ("concat", [(4, 5), (4, 5)], {}, {"axis": -3}),
    ],
)
def test_shapes_that_do_not_fit_are_refused(
    operation: str, shapes: list[tuple[int, ...]], weights: dict[str, tuple[int, ...]], settings: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match=r"axes|axis|sizes|broadcast|larger"):
        OPERATIONS[operation].shape(Call(shapes, weights, settings))
