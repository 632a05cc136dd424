"""State of an EMNIST download, read from its folder.

The events are imported with the first download: the app looks for one before its first frame.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.runs.data_paths import has_digits, raw_folder
from emnist_tui.runs.locks import is_held

if TYPE_CHECKING:
    from emnist_tui.runs import events

_FOLDER = ".emnist-digits.download"
_LOCK_CHECK_INTERVAL = 1.0  # seconds


def format_size(size: float) -> str:
    """Format bytes in decimal units: `60 MB`, `3.2 MB`, `999 bytes`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit * 0.9995:
            return f"{size / unit:.{0 if size >= 9.95 * unit else 1}f} {name}"
    return f"{size:.0f} bytes"


@dataclass(frozen=True)
class DownloadFolder:
    """Paths of a download's files, kept until the digits are installed."""

    root: Path
    """Data root."""

    @property
    def path(self) -> Path:
        return raw_folder(self.root) / _FOLDER

    @property
    def members(self) -> Path:
        """Folder of the archive's members, named `gzip` as in the archive."""
        return self.path / "gzip"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        """Control file, by which a download is requested to stop."""
        return self.path / "control.json"

    @property
    def log(self) -> Path:
        """Stderr of a launched download."""
        return self.path / "download.log"

    @property
    def lock(self) -> Path:
        """Lock file, beside the folder because that is deleted on installation."""
        return self.path.with_name(f"{_FOLDER}.lock")

    def is_downloading(self) -> bool:
        """Check whether a process is downloading now, unless this is unknown."""
        return bool(is_held(self.lock))


class DownloadRecord:
    """State of a download after the events applied so far."""

    def __init__(self) -> None:
        self.started: events.DownloadStarted | None = None
        self.phase: events.PhaseStarted | None = None
        """Current wait other than for bytes, if any."""
        self.progress: events.DownloadAdvanced | None = None
        self.failed: events.RunFailed | None = None
        self.installed: events.DataInstalled | None = None

    def apply(self, event: events.Event) -> None:
        """Update the state by the next event; a new download resets it."""
        from emnist_tui.runs import events

        match event:
            case events.DownloadStarted():
                self.started, self.phase, self.progress, self.failed, self.installed = event, None, None, None, None
            case events.PhaseStarted():
                if self.has_ended:  # the phase belongs to the next download
                    self.started = self.progress = self.failed = self.installed = None
                self.phase = event
            case events.DownloadAdvanced():
                self.progress, self.phase = event, None
            case events.RunFailed():
                self.failed, self.phase = event, None
            case events.DataInstalled():
                self.installed, self.phase = event, None

    @property
    def has_ended(self) -> bool:
        return bool(self.failed or self.installed)

    @property
    def seconds_left(self) -> float | None:
        """Estimated seconds left; None if speed or size is unknown."""
        progress = self.progress
        if not progress or not progress.total or progress.bytes_per_second <= 0:
            return None
        return (progress.total - progress.received) / progress.bytes_per_second

    def silence(self) -> float:
        """Return the seconds since the last progress event, by the wall clock."""
        return max(0.0, time.time() - self.progress.time) if self.progress else 0.0


class DownloadFollower:
    """A download folder polled while it grows."""

    def __init__(self, folder: DownloadFolder, since: float = 0.0) -> None:
        """Follow a folder, ignoring events before `since`, Unix seconds."""
        from emnist_tui.runs import event_log

        self.folder = folder
        self.record = DownloadRecord()
        self.is_downloading = folder.is_downloading()
        self._since = since
        self._tail = event_log.EventTail(folder.events)
        self._next_lock_check = 0.0

    @property
    def is_installed(self) -> bool:
        """True once the digits are installed.

        The folder may be deleted before its last event is read, so the installed files count too.
        """
        return self.record.installed is not None or (not self.folder.events.exists() and has_digits(self.folder.root))

    def poll(self) -> None:
        """Apply new events and, once a second, check the lock; never raises."""
        now = time.monotonic()
        if now >= self._next_lock_check:
            self._next_lock_check = now + _LOCK_CHECK_INTERVAL
            self.is_downloading = self.folder.is_downloading()
        for event in self._tail.poll():
            if event.time >= self._since:
                self.record.apply(event)
        if self.record.has_ended:
            self._next_lock_check = 0.0
