"""Workers of a sweep, as their records tell."""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from emnist_tui.runs.json_values import optional, seconds, text, whole
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.clock import FolderClock
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.spec import MOST_TRIALS

SILENT = 60.0
"""Seconds without a sign of life after which a worker counts as dead."""
BEAT = 5.0
"""Seconds between two signs of life."""
_STATES = ("working", "paused", "concluding", "waiting", "ended")
_LIMIT = 1 << 14  # bytes of a record
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,198}")
_MOST = 10**9


@dataclass(frozen=True)
class Worker:
    """Record of one worker, rewritten as its sign of life."""

    id: str
    """`HOST-PID-RANDOM`."""
    host: str
    pid: int
    began: float
    """Unix seconds."""
    silent: float
    """Seconds since its last sign of life, by the file system's clock."""
    state: str
    """`working`, `paused`, `concluding`, `waiting` or `ended`."""
    trial: int | None = None
    """Number of the trial that it trains."""
    done: int = 0
    """Trials that it has ended."""
    is_gone: bool = False
    """Whether it ran on this machine, where its process is no more."""

    @property
    def is_alive(self) -> bool:
        """Whether it showed a sign of life within a minute."""
        return self.state != "ended" and self.silent < SILENT and not self.is_gone

    def to_json(self) -> dict[str, Any]:
        """Return its record; its silence is told by the file's time."""
        names = ("id", "host", "pid", "began", "state", "trial", "done")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_json(cls, id: str, values: dict[str, Any]) -> Self:
        """Restore a record. Raises `TypeError`, `KeyError`, `ValueError` or `AttributeError` for anything else."""
        if values["state"] not in _STATES:
            raise ValueError("not a worker's state")
        return cls(
            id=id,
            host=text(values["host"], 200),
            pid=whole(values["pid"], 1, _MOST),
            began=seconds(values.get("began", 0.0)),
            silent=0.0,
            state=values["state"],
            trial=optional(lambda value: whole(value, 1, MOST_TRIALS), values.get("trial")),
            done=whole(values.get("done", 0), 0, _MOST),
        )


class WorkerFiles:
    """Reader of workers' records that reads only what changed."""

    def __init__(self, folder: SweepFolder) -> None:
        self._folder = folder
        self._clock = FolderClock(folder.workers)
        self._records: dict[str, tuple[int, float, Worker | None]] = {}
        self._host = socket.gethostname()
        self.is_complete = True
        """Whether `refresh` read all that it found."""

    def refresh(self, budget: int) -> list[Worker]:
        """Return all workers whose records can be read; raises nothing.

        Reads at most `budget` files.
        """
        self.is_complete = True
        records: dict[str, tuple[int, float, Worker | None]] = {}
        for id, signature, modified in self._list():
            known = self._records.get(id)
            if known is None or known[0] != signature:
                if budget <= 0:
                    self.is_complete = False
                    # A sign of life counts though what it says is read later.
                    if known is not None:
                        records[id] = (known[0], modified, known[2])
                    continue
                budget -= 1
                known = (signature, modified, read_worker(self._folder.workers / f"{id}.json"))
            records[id] = known
        self._records = records
        now = self._clock.now(max((modified for _, modified, _ in records.values()), default=0.0))
        return [
            self._judge(replace(worker, silent=max(0.0, now - modified)))
            for _, modified, worker in records.values()
            if worker is not None
        ]

    def _list(self) -> list[tuple[str, int, float]]:
        """List the records: id, signature and time."""
        found = []
        try:
            with os.scandir(self._folder.workers) as entries:
                for entry in entries:
                    id, dot, end = entry.name.rpartition(".")
                    if dot and end == "json" and _NAME.fullmatch(id):
                        try:
                            status = entry.stat()
                        except OSError:
                            continue
                        signature = hash((status.st_mtime_ns, status.st_size, status.st_ino))
                        found.append((id, signature, status.st_mtime))
        except OSError:
            return []
        return found

    def _judge(self, worker: Worker) -> Worker:
        """Check the process of a silent worker of this machine."""
        if worker.state == "ended" or worker.host != self._host or worker.silent < 2 * BEAT:
            return worker
        return worker if is_running(worker.pid) else replace(worker, is_gone=True)


def read_worker(path: Path) -> Worker | None:
    """Read a record, without its silence; None if damaged or missing."""
    try:
        return Worker.from_json(path.stem, json.loads(read_small(path, _LIMIT)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_running(pid: int) -> bool:
    """Check whether this machine has a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
