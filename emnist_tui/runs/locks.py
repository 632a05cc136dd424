"""Lock files that the operating system releases when their holder dies."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
"""Answers of file systems without locks, such as some of NFS, CIFS and Lustre."""


class HeldError(Exception):
    """A lock that another process holds."""


@contextmanager
def held(lock: Path, patience: float) -> Iterator[None]:
    """Hold a lock during the block.

    Waits for it for at most `patience` seconds. On a file system without locks, the lock is a file in this machine's
    temporary folder. Raises `HeldError`, and `OSError` if the lock file cannot be written.
    """
    import filelock  # here, since a reader needs none of it

    lock.touch()  # with the permissions that the umask leaves
    if fcntl and not _has_locks(lock):
        lock = _substitute(lock)
    file_lock = filelock.FileLock(lock)
    try:
        file_lock.acquire(timeout=patience)
    except filelock.Timeout:
        raise HeldError(f"{lock} is held") from None
    try:
        yield
    finally:
        file_lock.release()


def is_held(lock: Path) -> bool | None:
    """Check whether a process holds the lock now.

    A missing lock file counts as free; None if this user may not read it, so that nobody can tell.
    """
    try:
        if fcntl is None:
            return _can_acquire(lock)
        try:
            return _is_locked(lock)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            return _is_locked(_substitute(lock))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None


def _is_locked(lock: Path) -> bool:
    """Test a lock by sharing it for a moment.

    Reading it is enough for that. Raises `OSError`.
    """
    descriptor = os.open(lock, os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # some file systems report the latter
        return True
    finally:
        os.close(descriptor)
    return False


def _has_locks(lock: Path) -> bool:
    try:
        _is_locked(lock)
    except OSError as error:
        return error.errno not in _NO_LOCKS
    return True


def _substitute(lock: Path) -> Path:
    """Return the file that is locked on this machine instead."""
    return Path(tempfile.gettempdir()) / f"emnist-tui-{sha256(bytes(lock.resolve())).hexdigest()[:16]}.lock"


def _can_acquire(lock: Path) -> bool:
    import filelock

    if not lock.exists():
        return False
    try:
        with filelock.FileLock(lock).acquire(timeout=0):
            return False
    except filelock.Timeout:
        return True
