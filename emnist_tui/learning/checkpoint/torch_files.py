"""Files written by `torch.save` and `torch.jit.save`, read without running anything in them.

A file is loaded by `torch.load` with `weights_only=True`, after two checks that it does not make: the memory that the
file asks for is no more than the file has, and the classes it names are replaced by inert stand-ins.
"""

import io
import pickle
import warnings
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import _weights_only_unpickler as restricted

from emnist_tui.learning.checkpoint.stand_ins import ForeignClassError, foreign_names, stand_ins

PICKLE_LIMIT = 8 << 20
"""Largest pickle that is read, in bytes; tensors are stored beside it. Each byte may become an object of 60."""

COPIES_LIMIT = 8 * PICKLE_LIMIT
"""Largest memory of the copies that a pickle makes, in bytes."""

_STRUCTURE = ("version", "byteorder", ".format_version", ".storage_alignment")
_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled number that opens a file of the format before torch 1.6."""


class OversizeError(ValueError):
    """A file that asks for more memory than its size explains."""


class ProtocolError(ValueError):
    """A file of another pickle protocol than torch's own."""


def is_legacy(data: bytes) -> bool:
    """Whether the bytes are in the format of `torch.save` before torch 1.6."""
    return data.startswith(_MAGIC)


def read_members(members: Mapping[str, bytes]) -> list[Any]:
    """Read the objects of an archive written by torch.

    `torch.save` writes one, `torch.jit.save` the network and its constants. Raises `ForeignClassError`,
    `OversizeError`, `ProtocolError`, or one of many exceptions that damaged content causes.
    """
    pickles = [name for name in members if name.count("/") == 1 and name.endswith("/data.pkl")]
    root = pickles[0].removesuffix("data.pkl")
    tables = [("data.pkl", "data/"), ("constants.pkl", "constants/")]
    return [_read_table(members, root, pickled, folder) for pickled, folder in tables if root + pickled in members]


def _read_table(members: Mapping[str, bytes], root: str, pickled: str, folder: str) -> Any:
    """Read one pickle and its tensors, from an archive of nothing else."""
    sizes: dict[str, int] = {}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", members[root + pickled])
        for path, content in members.items():
            name = path.removeprefix(root)
            if name in _STRUCTURE:
                archive.writestr(f"archive/{name}", content)
            elif name.startswith(folder):
                sizes[name.removeprefix(folder)] = len(content)
                archive.writestr(f"archive/data/{name.removeprefix(folder)}", content)

    def claim(key: str, size: int) -> None:
        if sizes.get(key) != size:
            raise OversizeError("a tensor has not the size of its data")

    return _load(packed.getvalue(), members[root + pickled], claim)


def read_legacy(data: bytes) -> Any:
    """Read a file of the format before torch 1.6.

    Raises as `read_members` does.
    """
    file = io.BytesIO(data)
    _skip_plain(file, 3)  # the magic number, the version of the format, the sizes of C's types
    start = file.tell()
    stream = io.BytesIO(data[start : start + PICKLE_LIMIT])
    _names(stream)
    _skip_plain(stream, 1)  # the keys of the storages
    claimed: set[str] = set()
    left = len(data)

    def claim(key: str, size: int) -> None:
        nonlocal left
        if key not in claimed:
            claimed.add(key)
            left -= size
        if left < 0:
            raise OversizeError("its tensors are larger than the file")

    return _load(data, stream.getvalue(), claim)


def _load(data: bytes, pickled: bytes, claim: Callable[[str, int], None]) -> Any:
    """Load a torch file whose first object is `pickled`.

    `claim` is told the key and the bytes of each storage before any is allocated, and raises to refuse.
    """
    stream = io.BytesIO(pickled[:PICKLE_LIMIT])
    names = _names(stream)
    stream.seek(0)
    with torch.serialization.safe_globals(stand_ins(names)), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about old storage types; the content is checked later
        try:
            _Rehearsal(stream, claim).load()  # type: ignore[no-untyped-call]
        except ForeignClassError:
            raise
        except pickle.UnpicklingError:
            if foreign := foreign_names(names):
                raise ForeignClassError(", ".join(foreign)) from None
            raise
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)


def _skip_plain(stream: io.BytesIO, count: int) -> None:
    """Skip pickles that may mention no name: torch reads them as well."""
    for _ in range(count):
        if names := _names(stream):
            raise ForeignClassError(min(names))


def _names(stream: io.BytesIO) -> set[str]:
    """Return the names that a pickle mentions, and move to its end."""
    start = stream.tell()
    try:
        names: set[str] = restricted.get_globals_in_pkl(stream)
    except EOFError:
        raise OversizeError("its description is cut short or too large") from None
    except pickle.UnpicklingError:
        stream.seek(start)
        if stream.read(1) == pickle.PROTO and stream.read(1) != b"\x02":
            raise ProtocolError from None
        raise
    return names


class _Rehearsal(restricted.Unpickler):
    """torch's restricted unpickler, with storages that take no memory.

    It also limits the copies that a pickle may make of its own data, such as by `set` or `OrderedDict`.
    """

    def __init__(self, stream: io.BytesIO, claim: Callable[[str, int], None]) -> None:
        super().__init__(stream, encoding="utf-8")
        self._claim = claim
        self._stream = stream
        self._previous = b""
        self._left = COPIES_LIMIT
        self.read = self._read

    def _read(self, count: int) -> bytes:
        """Read the next bytes, charging for the result of the last call."""
        if self._previous in (pickle.REDUCE, pickle.BUILD) and self.stack:
            top = self.stack[-1]
            copied = len(top) if isinstance(top, bytes | set | dict | tuple) else 0
            self._left -= copied if isinstance(top, bytes) else 32 * (copied + len(getattr(top, "__dict__", ())))
            if self._left < 0:
                raise OversizeError("it copies its content many times")
        self._previous = self._stream.read(count)
        return self._previous

    def persistent_load(self, identity: Any) -> Any:
        """Return an empty storage of the claimed size."""
        kind, key, _location, count = identity[1:5]
        if type(count) is not int or count < 0 or type(key) is not str:
            raise pickle.UnpicklingError("invalid storage")
        size = count * kind.dtype.itemsize
        self._claim(key, size)
        storage = torch.UntypedStorage(size, device="meta")  # type: ignore[no-untyped-call]
        return torch.storage.TypedStorage(wrap_storage=storage, dtype=kind.dtype, _internal=True)  # type: ignore[no-untyped-call]
