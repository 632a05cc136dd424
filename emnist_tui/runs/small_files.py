"""Reading of small files that anyone may have written."""

import errno
import os
import stat
from pathlib import Path
from typing import IO

_LIMIT = 1 << 20  # bytes


def open_unblocked(path: Path) -> IO[bytes]:
    """Open a file for reading, never waiting for a pipe.

    Raises `OSError`.
    """
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb")


def read_small(path: Path, limit: int = _LIMIT) -> bytes:
    """Read a regular file of at most `limit` bytes.

    Raises `OSError` for a larger file, and for a pipe or device, which is never waited for.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    with open_unblocked(path) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"larger than {limit:,} bytes")
    return content
