"""Messages between two processes: a line of JSON, then arrays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

_LONGEST_LINE = 32 << 20  # bytes; a graph of thousands of nodes is a megabyte
_MOST_BYTES = 512 << 20
_KINDS = ("<f8", "<f4", "<i8", "|u1")


class BrokenFrameError(Exception):
    """A message that is cut short or none at all."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A message."""

    content: Mapping[str, Any]
    """Values as JSON has them."""
    arrays: Arrays = field(default_factory=dict)
    """Arrays of float64, float32, int64 or uint8 by name."""


def write_frame(stream: IO[bytes], frame: Frame) -> None:
    """Write a message and flush. Raises `OSError`, such as `BrokenPipeError`."""
    arrays = {name: np.asarray(array, order="C") for name, array in frame.arrays.items()}
    described = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    stream.write(json.dumps({"content": frame.content, "arrays": described}).encode() + b"\n")
    for array in arrays.values():
        stream.write(array.tobytes())
    stream.flush()


def read_frame(stream: IO[bytes]) -> Frame | None:
    """Read a message; None at the end of the stream.

    Raises `BrokenFrameError`.
    """
    line = stream.readline(_LONGEST_LINE)
    if not line:
        return None
    try:
        message = json.loads(line)
        content, described = dict(message["content"]), list(message["arrays"])
        if sum(_size(*each) for each in described) > _MOST_BYTES:
            raise BrokenFrameError
        return Frame(content, {name: _read(stream, kind, shape) for name, kind, shape in described})
    except (ValueError, TypeError, LookupError, RecursionError):
        raise BrokenFrameError from None


def _size(_name: str, kind: str, shape: Sequence[int]) -> int:
    if kind not in _KINDS or not all(type(each) is int and each >= 0 for each in shape):
        raise BrokenFrameError
    return int(prod(shape)) * np.dtype(kind).itemsize


def _read(stream: IO[bytes], kind: str, shape: Sequence[int]) -> NDArray[Any]:
    size = _size("", kind, shape)
    content = stream.read(size)
    if len(content) != size:
        raise BrokenFrameError
    return np.frombuffer(content, np.dtype(kind)).reshape(shape)
