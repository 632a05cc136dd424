"""Atomic replacement of files."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

_SUFFIX = ".tmp"
_CANNOT_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""Answers of file systems that have no sync, unlike those of a failing or full disk."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""Errors of a disk that could leave half a file."""


@contextmanager
def replacing(path: Path, *, synced: bool = True) -> Iterator[IO[bytes]]:
    """Open a temporary file that atomically replaces `path` when the block ends.

    The file is binary and, if `synced`, on disk before it takes the name; if the block raises, `path` is left
    unchanged. A new file has the permissions that the umask leaves, a replaced one keeps its own and its owner where
    the file system allows. Raises `OSError` if the folder cannot be written or the disk is full.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_SUFFIX}")
    old = _status(path)
    mode = old.st_mode & 0o777 if old else 0o666
    file = open(unfinished, "xb", opener=partial(os.open, mode=mode))  # noqa: SIM115 - a path takes no opener
    try:
        with file:
            yield file
            file.flush()
            if synced:
                _sync(file.fileno())
        if old:
            _keep_permissions(unfinished, old)
        unfinished.replace(path)
        if synced:
            _sync_folder(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path, pattern: str) -> None:
    """Delete temporary files that a killed process left behind; raises nothing.

    `pattern` matches the names of the files that were being replaced.
    """
    with suppress(OSError):
        for path in folder.glob(f".{pattern}.*{_SUFFIX}"):
            path.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 in place of the file. Raises `OSError`."""
    with replacing(path) as file:
        file.write(text.encode())


def write_through(path: Path, content: str | bytes) -> None:
    """Write a small file that the user keeps, wherever it really is.

    A link stays a link, and a file that is write-protected stays as it is. A file that cannot be replaced, such as one
    with several names or mounted by itself, is overwritten. Raises `OSError`.
    """
    content = content.encode() if isinstance(content, str) else content
    path = path.resolve()
    old = _status(path)
    if old and not (old.st_mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(errno.EACCES, "it is write-protected")
    if not old or old.st_nlink == 1:
        try:
            with replacing(path) as file:
                file.write(content)
            return
        except OSError as error:
            if not old or error.errno in _FULL:
                raise
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()
        file.flush()
        _sync(file.fileno())


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _keep_permissions(unfinished: Path, old: os.stat_result) -> None:
    """Give a file the mode and owner `old`, where that is allowed."""
    new = unfinished.stat()
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        with suppress(OSError, AttributeError):  # only root may give files away, and Windows has no owners
            os.chown(unfinished, old.st_uid, old.st_gid)
    if old.st_mode != new.st_mode:
        with suppress(OSError):  # CIFS, FAT and the drives of WSL refuse it
            unfinished.chmod(old.st_mode & 0o777)


def _sync(descriptor: int) -> None:
    """Sync a file to disk, unless its file system has no sync.

    Raises `OSError`.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    """Sync the folder if possible, so that renames survive power cuts."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
