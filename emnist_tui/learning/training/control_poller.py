"""What the user asks of the trainer, through control.json or a signal."""

import time
from pathlib import Path

from emnist_tui.runs.control import Control, Desired, read_control

_LOOK_EVERY = 0.020  # seconds; looking takes 2 µs, so this is soon enough for a hand and free for the loop


class ControlPoller:
    """The wish as of the last `look`. Cheap enough to ask between any two batches."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saves_done = 0
        self._control = Control()
        self._seen: tuple[int, int] | None = None
        self._next_look = 0.0
        self._stop_requested = False

    def stop(self) -> None:
        """The same as a wish to stop in the file, for signal handlers."""
        self._stop_requested = True

    def look(self) -> bool:
        """Whether there is anything to do; reads the file only where it changed, and no more than every 20 ms."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_EVERY
            self._read()
        return self.desired is not Desired.RUN or self._control.saves > self._saves_done

    @property
    def desired(self) -> Desired:
        return Desired.STOP if self._stop_requested else self._control.desired

    def take_save(self) -> bool:
        """Whether a checkpoint was asked for since the last time; several at once are one."""
        asked = self._control.saves > self._saves_done
        self._saves_done = max(self._saves_done, self._control.saves)
        return asked

    def _read(self) -> None:
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_ino)
        except OSError:
            seen = None
        if seen != self._seen:
            self._seen = seen
            self._control = read_control(self._path) if seen else Control()
