"""Watch over the GPU that a run trains on."""

import time
from collections.abc import Callable
from threading import Event, Thread

from emnist_tui.tui.session.nvml import Card, GpuFigures, open_card

_READ_EVERY = 1.0  # seconds
_STALE = 3.0  # seconds after which figures are no longer shown, and after which nobody looks


class GpuWatch:
    """Figures of one GPU, read in a thread.

    Its driver may be slow.
    """

    def __init__(self, open_by_uuid: Callable[[str], Card | None] = open_card) -> None:
        self._open = open_by_uuid
        self._reader: _Reader | None = None

    def poll(self, uuid: str | None) -> GpuFigures | None:
        """Return the newest figures of a GPU, if there are any yet.

        Reading begins with the first call and ends a while after the last. None stops it at once.
        """
        if self._reader and self._reader.uuid != uuid:
            self.close()
        if uuid is None:
            return None
        self._reader = self._reader or _Reader(uuid, self._open)
        return self._reader.look()

    def close(self) -> None:
        """Stop reading."""
        if self._reader:
            self._reader.stop.set()
            self._reader = None


class _Reader:
    """Thread that reads one GPU while somebody looks."""

    def __init__(self, uuid: str, open_by_uuid: Callable[[str], Card | None]) -> None:
        self.uuid = uuid
        self.stop = Event()
        self._open = open_by_uuid
        self._looked = time.monotonic()
        self._read: tuple[float, GpuFigures | None] = 0.0, None
        """Time of the last reading, and its figures."""
        # A daemon, since a driver that hangs must not keep the app.
        Thread(target=self._run, name="gpu-watch", daemon=True).start()

    def look(self) -> GpuFigures | None:
        self._looked = time.monotonic()
        when, figures = self._read
        return figures if self._looked - when < _STALE else None

    def _run(self) -> None:
        card = self._open(self.uuid)
        if card is None:
            return
        while not self.stop.is_set():
            if time.monotonic() - self._looked < _STALE:
                figures = card.read()
                self._read = time.monotonic(), figures if figures != GpuFigures() else None
            self.stop.wait(_READ_EVERY)
        card.close()
