"""Polling of the user's requests in control.json."""

import time
from pathlib import Path

from emnist_tui.runs.control import Control, Desired, read_control

_POLL_EVERY = 0.020  # seconds; a poll takes 2 µs, so the user notices no delay and the loop no cost


class ControlPoller:
    """The user's requests as of the last `poll`.

    Polling is cheap enough for every batch boundary.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saves_done = 0
        self._rate_done: float | None = None
        self._control = Control()
        self._version: tuple[int, int] | None = None
        self._next_poll = 0.0
        self._stop_requested = False
        self.is_held = False
        """Whether the run pauses whatever control.json says, as that of a paused sweep does."""

    def request_stop(self) -> None:
        """Request a stop as control.json would; safe in a signal handler."""
        self._stop_requested = True

    def poll(self) -> bool:
        """Return whether a pause, stop, save or learning rate is requested.

        Checks the file at most every 20 ms, and reads it only if it changed.
        """
        now = time.monotonic()
        if now >= self._next_poll:
            self._next_poll = now + _POLL_EVERY
            self._read()
        return (
            self.desired is not Desired.RUN
            or self._control.saves > self._saves_done
            or self._control.learning_rate != self._rate_done
        )

    @property
    def desired(self) -> Desired:
        """The requested state; a stop has precedence."""
        if self._stop_requested or self._control.desired is Desired.STOP:
            return Desired.STOP
        return Desired.PAUSE if self.is_held else self._control.desired

    def take_save(self) -> bool:
        """Return whether a checkpoint was requested since the last call.

        Several requests at once count as one.
        """
        requested = self._control.saves > self._saves_done
        self._saves_done = max(self._saves_done, self._control.saves)
        return requested

    def take_learning_rate(self) -> float | None:
        """Return the learning rate requested since the last call, if any."""
        requested = self._control.learning_rate
        if requested == self._rate_done:
            return None
        self._rate_done = requested
        return requested

    def _read(self) -> None:
        try:
            status = self._path.stat()
            version = (status.st_mtime_ns, status.st_ino)
        except OSError:
            version = None
        if version != self._version:
            self._version = version
            self._control = read_control(self._path) if version else Control()
