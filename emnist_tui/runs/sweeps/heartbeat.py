"""Heartbeat of a worker: its record, kept fresh."""

import json
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from emnist_tui.runs.atomic_files import remove_unfinished, replace_text
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.worker import BEAT, Worker

_LOOK_EVERY = 0.5  # seconds


def new_worker() -> Worker:
    """Return the record of a new worker in this process."""
    host, pid = socket.gethostname(), os.getpid()
    place = re.sub(r"[^A-Za-z0-9.-]", "-", host)[:60].lstrip(".-") or "host"
    return Worker(f"{place}-{pid}-{secrets.token_hex(3)}", host, pid, time.time(), 0.0, "waiting")


class Heartbeat:
    """A thread that keeps this process's record fresh."""

    def __init__(self, sweep: SweepFolder, look: Callable[[], object]) -> None:
        """Prepare the record.

        `look` is called about twice a second; it raises nothing.
        """
        self.worker = new_worker()
        self._path = sweep.workers / f"{self.worker.id}.json"
        self._look = look
        self._is_written = False
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Write the record and start the thread."""
        with self._lock:
            self._beat()
        self._thread.start()

    def update(self, **changes: Any) -> None:
        """Change the record, and write it at once."""
        with self._lock:
            changed = replace(self.worker, **changes)
            if changed != self.worker:
                self.worker = changed
                self._is_written = False
                self._beat()

    def stop(self) -> None:
        """Record the end, after the last look."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()
        self.update(state="ended", trial=None)
        remove_unfinished(self._path.parent, self._path.name)

    def _run(self) -> None:
        beaten = time.monotonic()
        while not self._ending.wait(_LOOK_EVERY):
            self._look()
            if time.monotonic() - beaten >= BEAT - 2 * _LOOK_EVERY:
                beaten = time.monotonic()
                with self._lock:
                    self._beat()

    def _beat(self) -> None:
        """Write a changed record, else touch it.

        A full disk allows a touch.
        """
        if not self._is_written:
            with suppress(OSError):
                replace_text(self._path, json.dumps(self.worker.to_json()))
                self._is_written = True
                return
        with suppress(OSError):
            os.utime(self._path)
