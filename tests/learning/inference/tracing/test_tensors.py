"""Tensors and functions of torch, as calls take them."""

import pytest
import torch
from torch import Tensor

from emnist_tui.learning.inference.tracing.tensors import function_name, is_plain, tensors_in


def test_tensors_are_found_in_any_container() -> None:
    one, two, three = (torch.zeros(count) for count in (1, 2, 3))
    found = list(tensors_in(((one, [two]), {"more": (three, 4, None)}, "text")))
    assert [len(tensor) for tensor in found] == [1, 2, 3]


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (torch.zeros(2, 3), True),
        (torch.zeros(2), False),
        (torch.zeros(2, 0), False),
        (torch.zeros(2, 3, dtype=torch.int64), False),
        (torch.zeros(2, 3, dtype=torch.complex64), False),
        (torch.zeros(2, 3).to_sparse(), False),
    ],
)
def test_arrays_of_numbers_are_plain(tensor: Tensor, expected: bool) -> None:
    assert is_plain(tensor) == expected


def test_functions_have_one_name_however_they_are_called() -> None:
    transposed = vars(torch._C.TensorBase)["mT"].__get__
    functions = (torch.relu, torch.relu_, Tensor.relu, Tensor.__rsub__, Tensor.__getitem__, transposed)
    assert [function_name(each) for each in functions] == ["relu", "relu", "relu", "rsub", "getitem", "mT"]
