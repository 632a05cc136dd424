"""Arguments of calls by name."""

from typing import Any

import pytest
import torch

from emnist_tui.learning.inference.tracing.arguments import Arguments, UnsupportedError
from emnist_tui.learning.inference.tracing.calls import Call, Other, Value, Visit, Weight

IMAGES = Value(0, (5, 1, 28, 28))


def given(*arguments: Any, **named: Any) -> Arguments:
    visit = Visit("conv", 1, is_leaf=True, is_whole=False)
    call = Call("conv2d", visit, arguments, named, (0,), True, (5, 2, 26, 26), torch.zeros(1, 2, 26, 26))
    return Arguments(call, ("input", "weight", "bias", "stride"))


def test_arguments_are_found_by_position_and_name() -> None:
    found = given(IMAGES, Weight("a", (2, 1, 3, 3)), None, stride=(2, 1), dim=(-1, 2))
    assert found.input == IMAGES
    assert found.weights("weight", "bias") == {"weight": "a"}
    assert found.pair("stride", 1) == [2, 1]
    assert found.pair("padding", 0) == [0, 0]
    assert found.axes("dim") == [1, 2]
    assert found.maps() == (28, 28)
    assert found.output == (5, 2, 26, 26)


def test_single_numbers_in_tensors_are_numbers() -> None:
    assert given(IMAGES, stride=Other(2.0)).number("stride", None) == 2.0


@pytest.mark.parametrize("value", [None, True, "same", Other(), Value(1, (5,)), float("nan")])
def test_other_values_are_no_numbers(value: Any) -> None:
    with pytest.raises(UnsupportedError):
        given(IMAGES, stride=value).number("stride", None)


def test_computed_weights_are_not_supported() -> None:
    with pytest.raises(UnsupportedError):
        given(IMAGES, Other()).weights("weight")
    with pytest.raises(UnsupportedError):
        given(IMAGES, Value(1, (2, 1, 3, 3))).weights("weight")


def test_more_arguments_than_are_known_are_not_supported() -> None:
    with pytest.raises(UnsupportedError):
        given(*[IMAGES] * 5)


def test_the_axis_of_the_images_is_no_axis() -> None:
    with pytest.raises(UnsupportedError):
        given(IMAGES, dim=-4).axes("dim")
