"""Files written by `torch.save` and `torch.jit.save`, read without running anything in them.

A file is loaded by `torch.load` with `weights_only=True`, after two checks that it does not make: the memory that the
file asks for is no more than the file has, and the classes it names are replaced by inert stand-ins.
"""

import io
import pickle
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import torch
from torch import _weights_only_unpickler as restricted

from emnist_tui.learning.checkpoint.stand_ins import ForeignClassError, foreign_names, stand_ins

PICKLE_LIMIT = 8 << 20
"""Largest pickle that is read, in bytes; tensors are stored beside it. Each byte may become an object of 60."""

_STRUCTURE = ("version", "byteorder", ".format_version", ".storage_alignment")
_MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""The pickled number that opens a file of the format before torch 1.6."""


class OversizeError(ValueError):
    """A file that asks for more memory than its size explains."""


class ProtocolError(ValueError):
    """A file of a pickle protocol that torch's restricted loader does not read."""


def is_legacy(data: bytes) -> bool:
    """Whether the bytes are in the format of `torch.save` before torch 1.6."""
    return data.startswith(_MAGIC)


def read_zip(archive: zipfile.ZipFile) -> list[Any]:
    """Read the objects of an archive written by torch: one, for TorchScript the network and its constants.

    `archive` is intact and small. Raises `ForeignClassError`, `OversizeError`, or one of many exceptions that damaged
    content causes.
    """
    names = archive.namelist()
    root = next(name.removesuffix("data.pkl") for name in names if name.count("/") == 1 and name.endswith("/data.pkl"))
    tables = [("data.pkl", "data/"), ("constants.pkl", "constants/")]
    return [_read_table(archive, root, pickled, folder) for pickled, folder in tables if f"{root}{pickled}" in names]


def is_script(archive: zipfile.ZipFile) -> bool:
    """Whether an archive was written by `torch.jit.save`."""
    return any(name.count("/") == 1 and name.endswith("/constants.pkl") for name in archive.namelist())


def _read_table(archive: zipfile.ZipFile, root: str, pickled: str, folder: str) -> Any:
    """Read one pickle and its tensors, from a copy that holds nothing but these."""
    content = archive.read(root + pickled)
    sizes: dict[str, int] = {}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as copy:
        copy.writestr("archive/data.pkl", content)
        for member in archive.infolist():
            name = member.filename.removeprefix(root)
            if name in _STRUCTURE:
                copy.writestr(f"archive/{name}", archive.read(member))
            elif name.startswith(folder):
                sizes[name.removeprefix(folder)] = member.file_size
                copy.writestr(f"archive/data/{name.removeprefix(folder)}", archive.read(member))

    def claim(key: str, size: int) -> None:
        if sizes.get(key) != size:
            raise OversizeError("a tensor has not the size of its data")

    return _load(packed.getvalue(), content, claim)


def read_legacy(data: bytes) -> Any:
    """Read a file of the format before torch 1.6; raises as `read_zip` does."""
    file = io.BytesIO(data)
    for _ in range(3):  # the magic number, the version of the format, the sizes of C's types
        restricted.load(file, encoding="utf-8")
    claimed: set[str] = set()
    left = len(data)

    def claim(key: str, size: int) -> None:
        nonlocal left
        if key not in claimed:
            claimed.add(key)
            left -= size
        if left < 0:
            raise OversizeError("its tensors are larger than the file")

    return _load(data, data[file.tell() :], claim)


def _load(data: bytes, pickled: bytes, claim: Callable[[str, int], None]) -> Any:
    """Load a torch file whose first object is `pickled`.

    `claim` is told the key and the bytes of each storage before any is allocated, and raises to refuse.
    """
    stream = io.BytesIO(pickled[:PICKLE_LIMIT])
    names = _names(stream)
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


def _names(stream: io.BytesIO) -> set[str]:
    """Return the names that a pickle mentions, and rewind it."""
    try:
        names: set[str] = restricted.get_globals_in_pkl(stream)
    except EOFError:
        raise OversizeError("its description is cut short or too large") from None
    except pickle.UnpicklingError:
        stream.seek(0)
        if stream.read(1) == pickle.PROTO and stream.read(1) != b"\x02":
            raise ProtocolError from None
        raise
    stream.seek(0)
    return names


class _Rehearsal(restricted.Unpickler):
    """torch's restricted unpickler, with storages that take no memory."""

    def __init__(self, stream: io.BytesIO, claim: Callable[[str, int], None]) -> None:
        super().__init__(stream, encoding="utf-8")
        self._claim = claim

    def persistent_load(self, identity: Any) -> Any:
        """Return an empty storage of the claimed size."""
        kind, key, _location, count = identity[1:5]
        if type(count) is not int or count < 0 or type(key) is not str:
            raise pickle.UnpicklingError("invalid storage")
        size = count * kind.dtype.itemsize
        self._claim(key, size)
        storage = torch.UntypedStorage(size, device="meta")  # type: ignore[no-untyped-call]
        return torch.storage.TypedStorage(wrap_storage=storage, dtype=kind.dtype, _internal=True)  # type: ignore[no-untyped-call]
