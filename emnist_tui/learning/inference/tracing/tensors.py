"""Tensors and functions of torch, as calls take them."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor


def is_plain(tensor: Tensor) -> bool:
    """Return whether a tensor is an array of numbers with several axes."""
    return (
        tensor.layout == torch.strided
        and not tensor.is_nested
        and tensor.is_floating_point()
        and tensor.ndim > 1
        and tensor.numel() > 0
    )


def function_name(function: Any) -> str:
    """Return the name of a function, however it was called."""
    name = getattr(function, "__name__", "function")
    if name == "__get__":
        name = getattr(function.__self__, "__name__", name)
    return str(name).strip("_")


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in an argument or output."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors_in(each)
