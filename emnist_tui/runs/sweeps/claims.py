"""Claims: exclusive ownership of a trial, or of the sweep's conclusion.

The owner is the worker of the newest `claim-NNN.json` in a folder. A claim is created, never changed: who takes over
creates the next one, and of several who try one succeeds.
"""

import json
import os
import re
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.folder import modified
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.worker import SILENT, Worker, read_worker

_NAME = re.compile(r"claim-(\d{3,6})\.json")
_WORKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,198}")
_MOST_BYTES = 1 << 12


@dataclass(frozen=True)
class Claim:
    """One claim on a folder."""

    folder: Path
    number: int
    """1 for `claim-001.json`."""
    worker: str = ""
    """Id of the worker; empty if its process died while it wrote the claim."""
    host: str = ""
    pid: int = 0
    processes: str = ""
    """Those among which `pid` is a number: each container has its own. Empty if unknown."""
    made: float = 0.0
    """Modification time of its file."""

    def is_newest(self) -> bool:
        """Check that nobody has taken over."""
        return not _path(self.folder, self.number + 1).exists()


def newest_claim(folder: Path) -> Claim | None:
    """Return the claim of a folder's owner, if it has one.

    Raises `OSError`.
    """
    found = [int(match[1]) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return _read(folder, max(found)) if found else None


def take(folder: Path, worker: Worker, after: Claim | None = None) -> Claim | None:
    """Claim a folder after the claim of an earlier owner.

    Returns None if another worker was faster. Raises `OSError`.
    """
    number = after.number + 1 if after else 1
    path = _path(folder, number)
    content = {"format": 1, "worker": worker.id, "host": worker.host, "pid": worker.pid}
    content |= {"processes": _processes(), "time": time.time()}
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        return None
    try:
        with file:
            file.write(json.dumps(content))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise
    return Claim(folder, number, worker.id, worker.host, worker.pid, _processes(), path.stat().st_mtime)


def is_abandoned(claim: Claim, sweep: SweepFolder, now: float) -> bool:
    """Check that a claim's worker is dead or has ended.

    `now` is the file system's time. On this machine a process that is gone is dead; elsewhere, as in another container
    of the same host's name, a worker is that shows no sign of life for a minute.
    """
    is_here = claim.host == socket.gethostname() and claim.processes in ("", _processes())
    if is_here and not is_process(claim.pid):
        return True
    record = sweep.workers / f"{claim.worker}.json"
    worker = read_worker(record) if claim.worker else None
    if worker is None:
        return now - claim.made > SILENT
    return worker.state == "ended" or now - modified(record) > SILENT


def is_process(pid: int) -> bool:
    """Check that a process runs on this machine.

    One that has ended but is not reaped does not.
    """
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return True  # there a signal 0 ends the process; its silence decides
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError, ValueError):
        return True


def _processes() -> str:
    """Name this machine's start and the processes that this one sees.

    Empty where the system tells neither.
    """
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except (OSError, ValueError):
        return ""


def _path(folder: Path, number: int) -> Path:
    return folder / f"claim-{number:03d}.json"


def _read(folder: Path, number: int) -> Claim:
    path = _path(folder, number)
    try:
        made = path.stat().st_mtime
        values = json.loads(read_small(path, _MOST_BYTES))
        worker = values["worker"]
        if not _WORKER.fullmatch(worker):
            raise ValueError("not a worker")
        host, pid, processes = str(values["host"]), int(values["pid"]), str(values.get("processes", ""))
        return Claim(folder, number, worker, host, pid, processes, made)
    except FileNotFoundError:
        return Claim(folder, number)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return Claim(folder, number, made=made)
