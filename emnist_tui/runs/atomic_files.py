"""Atomic replacement of files."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_SUFFIX = ".tmp"


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that atomically replaces `path` when the block ends.

    The file is binary and synced to disk before it takes the name; if the block raises, `path` is left unchanged.
    Raises `OSError` if the folder cannot be written or the disk is full.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_SUFFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _sync_folder(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path, pattern: str) -> None:
    """Delete temporary files that a killed process left behind; raises nothing.

    `pattern` matches the names of the files that were being replaced.
    """
    with suppress(OSError):
        for path in folder.glob(f".{pattern}.*{_SUFFIX}"):
            path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Sync the folder if possible, so that renames survive power cuts."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 in place of the file. Raises `OSError`."""
    with replacing(path) as file:
        file.write(text.encode())
