"""Pickles of plain values and tensors, interpreted without the pickle module.

Nothing is imported or called: the names that torch writes for tensors and their memory are known, any other is refused.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError

_MOST_BYTES = 4 << 20
_MOST_STEPS = 400_000
_REBUILD, _ORDERED = "torch._utils _rebuild_tensor_v2", "collections OrderedDict"
_STORAGES: Mapping[str, "np.dtype[Any]"] = {
    "torch FloatStorage": np.dtype("<f4"),
    "torch DoubleStorage": np.dtype("<f8"),
    "torch HalfStorage": np.dtype("<f2"),
    "torch LongStorage": np.dtype("<i8"),
    "torch IntStorage": np.dtype("<i4"),
    "torch ShortStorage": np.dtype("<i2"),
    "torch CharStorage": np.dtype("i1"),
    "torch ByteStorage": np.dtype("u1"),
    "torch BoolStorage": np.dtype("?"),
}


@dataclass(frozen=True)
class _Name:
    """A name of torch or the standard library, left a name."""

    text: str


@dataclass(frozen=True)
class Storage:
    """Memory of a tensor: a member of the archive."""

    key: str
    dtype: "np.dtype[Any]"
    count: int
    """Elements, as the pickle claims."""


@dataclass(frozen=True)
class StoredTensor:
    """A view of a storage, not read yet."""

    storage: Storage
    offset: Any
    shape: Any
    strides: Any


def unpickle(content: bytes | memoryview) -> Any:
    """Read the plain value that a pickle holds.

    It consists of dictionaries, lists, tuples, texts, numbers and `StoredTensor`. Raises `UnusualFileError` for any
    other, and for damaged content.
    """
    if len(content) > _MOST_BYTES:
        raise UnusualFileError("the description is too large")
    try:
        return _Machine(bytes(content)).run()
    except UnusualFileError:
        raise
    except (LookupError, struct.error, ValueError, TypeError, AttributeError):
        raise UnusualFileError("the description is damaged") from None


class _Mark:
    """Start of a container's items on the stack."""


_MARK = _Mark()
_CONSTANTS = {b"N": None, b"\x88": True, b"\x89": False}
_NUMBERS = {b"J": struct.Struct("<i"), b"K": struct.Struct("<B"), b"M": struct.Struct("<H"), b"G": struct.Struct(">d")}
_TUPLES = {b")": 0, b"\x85": 1, b"\x86": 2, b"\x87": 3}
_PLACES = {b"q": (1, True), b"r": (4, True), b"h": (1, False), b"j": (4, False)}
"""Length of a place in the memo, and whether it is written, by opcode."""


class _Machine:
    """Stack machine of the opcodes that torch's pickles have, of protocol 2."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._steps: dict[bytes, Callable[[], None]] = {
            b"}": lambda: self._stack.append({}),
            b"]": lambda: self._stack.append([]),
            b"(": lambda: self._stack.append(_MARK),
            b"X": self._text,
            b"\x8a": self._long,
            b"c": self._name,
            b"t": lambda: self._stack.append(tuple(self._items())),
            b"s": lambda: self._set([self._stack.pop(-2), self._stack.pop()]),
            b"u": lambda: self._set(self._items()),
            b"a": lambda: self._extend([self._stack.pop()]),
            b"e": lambda: self._extend(self._items()),
            b"R": self._reduce,
            b"Q": self._storage,
        }

    def run(self) -> Any:
        """Return the value that the pickle describes."""
        if self._read(2) != b"\x80\x02":
            raise UnusualFileError("it was saved with another pickle protocol")
        for _ in range(_MOST_STEPS):
            code = self._read(1)
            if code == b".":
                return self._stack.pop()
            self._step(code)
        raise UnusualFileError("the description is too large")

    def _step(self, code: bytes) -> None:
        if step := self._steps.get(code):
            step()
        elif code in _CONSTANTS:
            self._stack.append(_CONSTANTS[code])
        elif number := _NUMBERS.get(code):
            self._stack.append(number.unpack(self._read(number.size))[0])
        elif code in _TUPLES:
            self._stack.append(tuple([self._stack.pop() for _ in range(_TUPLES[code])][::-1]))
        elif code in _PLACES:
            size, is_written = _PLACES[code]
            place = int.from_bytes(self._read(size), "little")
            if is_written:
                self._memo[place] = self._stack[-1]
            else:
                self._stack.append(self._memo[place])
        else:
            raise UnusualFileError("the description has unknown parts")

    def _read(self, count: int) -> bytes:
        found = self._content[self._place : self._place + count]
        self._place += count
        if len(found) < count:
            raise UnusualFileError("the description is cut short")
        return found

    def _text(self) -> None:
        self._stack.append(self._read(int.from_bytes(self._read(4), "little")).decode())

    def _long(self) -> None:
        self._stack.append(int.from_bytes(self._read(self._read(1)[0]), "little", signed=True))

    def _name(self) -> None:
        end = self._content.index(b"\n", self._content.index(b"\n", self._place) + 1) + 1
        text = self._read(end - self._place).decode()[:-1].replace("\n", " ")
        if text not in (_REBUILD, _ORDERED) and text not in _STORAGES:
            raise UnusualFileError("it holds objects of other programs")
        self._stack.append(_Name(text))

    def _items(self) -> list[Any]:
        """Pop the items above the last mark, and the mark."""
        items: list[Any] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _set(self, items: list[Any]) -> None:
        target = self._stack[-1]
        keys = items[::2]
        # Other keys have a hash that takes time without end, such as tuples of tuples.
        if type(target) is not dict or len(items) % 2 or not all(type(key) in (str, int) for key in keys):
            raise UnusualFileError("the description is damaged")
        target.update(zip(keys, items[1::2], strict=True))

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise UnusualFileError("the description is damaged")
        target += items

    def _reduce(self) -> None:
        """Replace the call of a known name by its inert result."""
        arguments, name = self._stack.pop(), self._stack.pop()
        if name == _Name(_ORDERED) and arguments == ():
            self._stack.append({})
            return
        if name != _Name(_REBUILD) or type(arguments) is not tuple:
            raise UnusualFileError("it holds objects of other programs")
        storage, offset, shape, strides, *_ = arguments
        if not isinstance(storage, Storage):
            raise UnusualFileError("a tensor has no memory")
        self._stack.append(StoredTensor(storage, offset, shape, strides))

    def _storage(self) -> None:
        what, kind, key, _, count = self._stack.pop()
        if what != "storage" or not isinstance(kind, _Name) or kind.text not in _STORAGES:
            raise UnusualFileError("a tensor is of an unusual type")
        if type(key) is not str or type(count) is not int or count < 0:
            raise UnusualFileError("a tensor has no memory")
        self._stack.append(Storage(key, _STORAGES[kind.text], count))
