"""Reader of IDX, the file format of the MNIST family.

A file is a big-endian header followed by one unsigned byte per value. Headers are not trusted: memory grows with the
bytes that are actually read, up to `MAX_ITEMS` items.
"""

import gzip
import lzma
import math
import struct
import textwrap
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.task import CLASSES, SIDE

MAX_ITEMS = 1_000_000
"""Largest number of images or labels that is read from a file."""
_CHUNK = 1 << 20  # bytes
_GZIP = b"\x1f\x8b"
_MOST_LAYERS = 2
DAMAGE = (
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    RuntimeError,  # raised by zipfile for unknown compression or encryption
)
"""Exceptions that damaged files cause in gzip, zipfile and numpy, besides `EOFError`."""

Bytes = npt.NDArray[np.uint8]


class Stream(Protocol):
    """Binary stream with `peek`, as open, gzip and zipfile give."""

    def read(self, size: int, /) -> bytes: ...
    def peek(self, size: int, /) -> bytes: ...
    def seek(self, offset: int, /) -> object: ...


@dataclass(frozen=True)
class Kind:
    """A kind of IDX file: images or labels."""

    noun: str
    """Plural noun for messages."""
    magic: int
    item_shape: tuple[int, ...]

    @property
    def header_size(self) -> int:
        """Size of the header in bytes."""
        return 8 + 4 * len(self.item_shape)

    @property
    def item_size(self) -> int:
        """Size of an item in bytes."""
        return math.prod(self.item_shape)

    def header(self, count: int) -> bytes:
        """Pack the header of a file of `count` items."""
        return struct.pack(f">{2 + len(self.item_shape)}I", self.magic, count, *self.item_shape)


IMAGES = Kind("images", 0x0803, (SIDE, SIDE))
LABELS = Kind("labels", 0x0801, ())


def read(stream: Stream, kind: Kind, name: str) -> Bytes:
    """Read an IDX file completely, compressed by gzip or not.

    Decompression stops at the end that the header states. Returns images as stored, uint8 [N, 28, 28], or labels 0 to
    9, uint8 [N]. `name` is the file's name in messages. Raises `EmnistTuiError` if the file is damaged, incomplete or
    empty.
    """
    with user_errors(name):
        plain = _decompressed(stream)
        count = _parse_header(bytes(_read_up_to(plain, kind.header_size)), kind, name)
        size = count * kind.item_size
        content = _read_up_to(plain, size + 1)  # one byte more, to check that the file ends there
    _check_size(len(content), size, count, kind, name)
    items = np.frombuffer(content, np.uint8).reshape(count, *kind.item_shape)
    if kind is LABELS and items.max() >= CLASSES:
        raise EmnistTuiError(f"{name} has a label {items.max()}, but digits are 0 to 9: use the digits split.")
    return items


def count_items(path: Path, kind: Kind) -> int:
    """Count the items of an uncompressed file by its header and size.

    Raises `EmnistTuiError` if the two disagree or the header is of another kind.
    """
    with user_errors(str(path)), path.open("rb") as file:
        count = _parse_header(file.read(kind.header_size), kind, str(path))
        size = path.stat().st_size - kind.header_size
    _check_size(size, count * kind.item_size, count, kind, str(path))
    return count


def check_pair(images: int, labels: int, name: str) -> None:
    """Raise `EmnistTuiError` unless there is one label per image."""
    if images != labels:
        raise EmnistTuiError(f"{name} has {images:,} images but {labels:,} labels: get both files from one source.")


@contextmanager
def user_errors(name: str) -> Iterator[None]:
    """Convert exceptions from reading the file `name` into `EmnistTuiError`."""
    try:
        yield
    except EOFError as error:
        raise EmnistTuiError(f"{name} is cut short: get the file again.") from error
    except DAMAGE as error:
        raise EmnistTuiError(f"{name} is damaged ({reason(error)}): get the file again.") from error
    except OSError as error:
        raise EmnistTuiError(f"{name} cannot be read ({reason(error)}): check the file.") from error


def reason(error: Exception) -> str:
    """Return an exception's message on one line of bounded length.

    Some messages quote from the file.
    """
    message = error.strerror if isinstance(error, OSError) else None
    return textwrap.shorten(message or str(error) or type(error).__name__, 120, placeholder=" …")


def _decompressed(stream: Stream) -> Stream:
    """Decompress gzip, even in gzip, recognized by content."""
    for _ in range(_MOST_LAYERS):
        if not stream.peek(len(_GZIP)).startswith(_GZIP):
            break
        stream = gzip.GzipFile(fileobj=stream, mode="rb")
    return stream


def _read_up_to(stream: Stream, limit: int) -> bytearray:
    """Read up to `limit` bytes, allocating memory as they arrive."""
    content = bytearray()
    while len(content) < limit and (chunk := stream.read(min(_CHUNK, limit - len(content)))):
        content += chunk
    return content


def _parse_header(header: bytes, kind: Kind, name: str) -> int:
    """Return the number of items.

    Raises `EmnistTuiError` for a header of another kind.
    """
    if len(header) < kind.header_size:
        raise EmnistTuiError(f"{name} is cut short: get the file again.")
    magic, count, *shape = struct.unpack(f">{len(header) // 4}I", header)
    if magic != kind.magic:
        raise EmnistTuiError(
            f"{name} does not hold {kind.noun} in IDX format (it starts with 0x{magic:08x}, not 0x{kind.magic:08x}): "
            "get the EMNIST digits file of that name."
        )
    if tuple(shape) != kind.item_shape:
        size = " × ".join(f"{side:,}" for side in shape)
        raise EmnistTuiError(f"{name} has images of {size} pixels, but EMNIST's are 28 × 28: get the original file.")
    if not 1 <= count <= MAX_ITEMS:
        raise EmnistTuiError(
            f"{name} claims to hold {count:,} {kind.noun}, but 1 to {MAX_ITEMS:,} can be read: get the file again."
        )
    return int(count)


def _check_size(actual: int, expected: int, count: int, kind: Kind, name: str) -> None:
    if actual == expected:
        return
    problem = "is cut short" if actual < expected else "has data after its end"
    raise EmnistTuiError(f"{name} {problem} (its header says {count:,} {kind.noun}): get the file again.")
