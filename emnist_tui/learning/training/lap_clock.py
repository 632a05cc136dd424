"""Clock of the time spent training."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager


class LapClock:
    """Stopwatch that is read and restarted between batches."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self.total = 0.0
        """Seconds of all laps."""

    @property
    def seconds(self) -> float:
        """Seconds since the last lap or restart."""
        return time.perf_counter() - self._since

    def restart(self) -> None:
        """Begin a lap; what has passed is not training."""
        self._since = time.perf_counter()

    def take(self) -> float:
        """Return the lap's seconds, and begin the next one."""
        before, self._since = self._since, time.perf_counter()
        self.total += self._since - before
        return self._since - before

    @contextmanager
    def restarted_on_continue(self) -> Iterator[None]:
        """Restart when a shell continues the process that it has stopped.

        Otherwise the stop counts as training, and the images per second are wrong. Use it in the main thread.
        """
        number = getattr(signal, "SIGCONT", None)
        before = signal.signal(number, lambda *_: self.restart()) if number else None
        try:
            yield
        finally:
            if number:
                signal.signal(number, before)
