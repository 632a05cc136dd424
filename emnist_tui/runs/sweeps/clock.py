"""Clock of a file system, which all its hosts share."""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

_VALID = 60.0  # seconds; how long an asked time is carried on by this machine's own clock
_PATIENCE = 10.0  # seconds; how long a folder that cannot be written is left alone


class FolderClock:
    """Time by the clock that stamps a folder's files.

    The modification time of a probe file tells it, and for a minute thereafter this machine's monotonic clock carries
    it on. A reader that may not write estimates it: by this machine's clock until it has seen a file change, then by
    the newest change.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offset: float | None = None  # seconds to add to the monotonic clock
        self._asked = float("-inf")
        self._newest = 0.0

    def now(self, newest: float = 0.0) -> float:
        """Return the folder's time in Unix seconds.

        `newest` is the latest modification time that the caller has seen there.
        """
        monotonic = time.monotonic()
        if monotonic - self._asked > (_VALID if self._offset is not None else _PATIENCE):
            self._asked = monotonic
            probed = probe(self._folder)
            if probed is not None:
                self._offset = probed - monotonic
        if self._offset is None and self._newest and newest > self._newest:
            self._offset = newest - monotonic
        self._newest = max(self._newest, newest)
        now = time.time() if self._offset is None else monotonic + self._offset
        return max(now, newest)


def probe(folder: Path) -> float | None:
    """Return the time that a folder's file system gives a new file.

    None if nothing can be written there.
    """
    path = folder / f".clock-{secrets.token_hex(4)}.tmp"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return None
    try:
        return os.fstat(descriptor).st_mtime
    except OSError:
        return None
    finally:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
