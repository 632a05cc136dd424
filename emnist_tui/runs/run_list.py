"""The list of runs, kept up to date at a small cost."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from emnist_tui.runs.about import About, read_about
from emnist_tui.runs.event_log import EventTail
from emnist_tui.runs.folder import RunFolder, modified
from emnist_tui.runs.listing import Entry, Start, describe, read_start
from emnist_tui.runs.lookup import run_folders
from emnist_tui.runs.record import RunRecord

READING = "reading"
"""State of a run whose events are not read yet."""
_AT_ONCE = 1 << 20  # bytes of events that `refresh` reads itself; more takes longer than a frame
_MOST_AT_ONCE = 40  # runs that `refresh` reads itself

Signature = tuple[int, int, int]


class RunList:
    """Runs of a directory, of which only what changed is read again."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._runs: dict[Path, _Run] = {}
        self._unread: list[_Run] = []

    @property
    def is_complete(self) -> bool:
        """Whether `refresh` read all that it found."""
        return not self._unread

    def refresh(self) -> list[Entry]:
        """List the runs, newest first, reading a little of what changed.

        What takes long is left to `complete`; until then a run has its last entry, or one without facts.
        """
        folders = run_folders(self.root)
        self._runs = {folder.path: self._runs.get(folder.path) or _Run(folder) for folder in folders}
        self._unread = []
        budget, runs = _AT_ONCE, _MOST_AT_ONCE
        for run in self._runs.values():
            if not run.lock.acquire(blocking=False):
                self._unread.append(run)  # `complete` is at it
                continue
            try:
                unread = run.look()
                if unread is None:
                    if not run.record.has_ended:
                        run.describe_again()
                elif unread <= budget and runs > 0:
                    budget, runs = budget - unread, runs - 1
                    run.read()
                else:
                    self._unread.append(run)
            finally:
                run.lock.release()
        return [run.entry for run in self._runs.values()]

    def complete(self, is_stopped: Callable[[], bool]) -> None:
        """Read what `refresh` left, in another thread, until `is_stopped`."""
        for run in list(self._unread):
            if is_stopped():
                return
            with run.lock:
                run.read()

    def record(self, path: Path) -> RunRecord | None:
        """Return a run's events without batches; None until they are read."""
        run = self._runs.get(path)
        return run.record if run and run.entry.state != READING else None

    def start(self, path: Path) -> Start:
        """Return what run.json holds, as far as it was read."""
        run = self._runs.get(path)
        return run.start if run else Start()

    def about(self, path: Path) -> About:
        """Return the user's tags and note, as far as they were read."""
        run = self._runs.get(path)
        return run.about if run else About()


@dataclass
class _Run:
    """One run and how much of its files was read."""

    folder: RunFolder
    lock: Lock = field(default_factory=Lock)
    record: RunRecord = field(init=False)
    start: Start = field(default_factory=Start)
    about: About = field(default_factory=About)
    entry: Entry = field(init=False)
    _tail: EventTail = field(init=False)
    _paths: tuple[str, str, str] = field(init=False)
    _events: Signature | None = None
    _start: Signature | None = None
    _about: Signature | None = None
    _is_read: bool = False

    def __post_init__(self) -> None:
        self._begin()
        self._paths = (str(self.folder.events), str(self.folder.run_json), str(self.folder.about))
        time = modified(self.folder.events) or modified(self.folder.path)
        self.entry = Entry(name=self.folder.name, path=self.folder.path, kind="run", time=time, state=READING)

    def look(self) -> int | None:
        """Return how many bytes of events are new; None if nothing changed."""
        signatures = self._signatures()
        if self._is_read and signatures == (self._events, self._start, self._about):
            return None
        events = signatures[0]
        return max(0, events[1] - self._tail.offset) if events else 0

    def read(self) -> None:
        """Read what is new, and describe the run."""
        events, start, about = self._signatures()
        if events is None or (self._events and events[2] != self._events[2]):
            self._begin()  # another file than before
        if events:
            before = -1
            while before < self._tail.offset < events[1] or before < 0:
                before = self._tail.offset
                found = self._tail.poll()
                if self._tail.restarted:
                    self.record = RunRecord()
                for event in found:
                    self.record.apply(event)
        if start != self._start or not self._is_read:
            self.start = read_start(self.folder)
        if about != self._about or not self._is_read:
            self.about = read_about(self.folder)
        self._events, self._start, self._about, self._is_read = events, start, about, True
        self.describe_again()

    def describe_again(self) -> None:
        """Describe the run; its trainer may have come or gone."""
        is_training = None if self.record.has_ended else self.folder.is_training()
        self.entry = describe(self.folder, self.record, self.start, self.about, is_training=is_training)

    def _begin(self) -> None:
        self.record = RunRecord()
        self._tail = EventTail(self.folder.events, batches=False)

    def _signatures(self) -> tuple[Signature | None, Signature | None, Signature | None]:
        events, start, about = self._paths
        return _signature(events), _signature(start), _signature(about)


def _signature(path: str) -> Signature | None:
    """Return time, size and number of a regular file, else None."""
    try:
        status = os.stat(path)  # noqa: PTH116 - as fast as can be, thousands of times
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino) if stat.S_ISREG(status.st_mode) else None
