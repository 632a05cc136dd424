"""Lock files that the operating system releases when their holder dies."""

from pathlib import Path

from filelock import FileLock, Timeout


def is_held(lock: Path) -> bool:
    """Check whether a process holds the lock now.

    A missing or unreadable lock file counts as free.
    """
    if not lock.exists():
        return False
    try:
        with FileLock(lock).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False
