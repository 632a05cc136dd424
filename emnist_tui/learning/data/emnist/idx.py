"""IDX, the format of the MNIST family: a big-endian header, then one unsigned byte a value.

Files come from anywhere, so a header is only a claim: memory grows with the bytes that are really there, and never past
what `MOST_ITEMS` items need.
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
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt

from emnist_tui.runs.errors import EmnistTuiError

SIDE = 28
CLASSES = 10
MOST_ITEMS = 1_000_000
_CHUNK = 1 << 20
DAMAGE = (
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    RuntimeError,  # of zipfile: ways of compressing or encrypting that it does not know
)

Bytes = npt.NDArray[np.uint8]


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Kind:
    """What an IDX file holds."""

    noun: str
    magic: int
    item_shape: tuple[int, ...]

    @property
    def header_size(self) -> int:
        """Bytes."""
        return 8 + 4 * len(self.item_shape)

    @property
    def item_size(self) -> int:
        """Bytes."""
        return math.prod(self.item_shape)

    def header(self, count: int) -> bytes:
        """The header of a file of `count` items."""
        return struct.pack(f">{2 + len(self.item_shape)}I", self.magic, count, *self.item_shape)


IMAGES = Kind("images", 0x0803, (SIDE, SIDE))
LABELS = Kind("labels", 0x0801, ())


def read(stream: _Readable, kind: Kind, name: str) -> Bytes:
    """Reads one whole IDX file: uint8 [N, 28, 28] of images as stored, or uint8 [N] of labels 0 to 9.

    `name` stands for the file in messages. Raises `EmnistTuiError` unless the file is whole, sound and not empty.
    """
    with explained(name):
        count = _count(bytes(_take(stream, kind.header_size)), kind, name)
        size = count * kind.item_size
        content = _take(stream, size + 1)  # one more, to see that the file ends there
    _check_size(len(content), size, count, kind, name)
    items = np.frombuffer(content, np.uint8).reshape(count, *kind.item_shape)
    if kind is LABELS and items.max() >= CLASSES:
        raise EmnistTuiError(f"{name} has a label {items.max()}, but digits are 0 to 9: use the digits split.")
    return items


def read_gzip(stream: IO[bytes], kind: Kind, name: str) -> Bytes:
    """`read` for a gzip-compressed file; stops decompressing where the header says that the file ends."""
    with gzip.GzipFile(fileobj=stream, mode="rb") as plain:
        return read(plain, kind, name)


def count_items(path: Path, kind: Kind) -> int:
    """How many items a plain file holds, from its header and its size alone.

    Raises `EmnistTuiError` when the two disagree or the header is not one of this kind.
    """
    with explained(str(path)), path.open("rb") as file:
        count = _count(file.read(kind.header_size), kind, str(path))
        size = path.stat().st_size - kind.header_size
    _check_size(size, count * kind.item_size, count, kind, str(path))
    return count


def check_pair(images: int, labels: int, name: str) -> None:
    """Raises `EmnistTuiError` unless there is a label for each image."""
    if images != labels:
        raise EmnistTuiError(f"{name} has {images:,} images but {labels:,} labels: get both files from one source.")


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turns what reading a file or an archive can raise into one `EmnistTuiError` about the file `name`."""
    try:
        yield
    except EOFError as error:
        raise EmnistTuiError(f"{name} is cut short: get the file again.") from error
    except DAMAGE as error:
        raise EmnistTuiError(f"{name} is damaged ({short(error)}): get the file again.") from error
    except OSError as error:
        raise EmnistTuiError(f"{name} cannot be read ({short(error)}): check the file.") from error


def short(error: Exception) -> str:
    """The reason that an error gives, on one line of bounded length: some quote from the file."""
    reason = error.strerror if isinstance(error, OSError) else None
    return textwrap.shorten(reason or str(error) or type(error).__name__, 120, placeholder=" …")


def _take(stream: _Readable, most: int) -> bytearray:
    """Up to `most` bytes, allocated as they arrive."""
    taken = bytearray()
    while len(taken) < most and (chunk := stream.read(min(_CHUNK, most - len(taken)))):
        taken += chunk
    return taken


def _count(header: bytes, kind: Kind, name: str) -> int:
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
    if not 1 <= count <= MOST_ITEMS:
        raise EmnistTuiError(
            f"{name} says that it holds {count:,} {kind.noun}, but 1 to {MOST_ITEMS:,} can be read: get the file again."
        )
    return int(count)


def _check_size(actual: int, expected: int, count: int, kind: Kind, name: str) -> None:
    if actual == expected:
        return
    problem = "is cut short" if actual < expected else "goes on after its end"
    raise EmnistTuiError(f"{name} {problem} (its header says {count:,} {kind.noun}): get the file again.")
