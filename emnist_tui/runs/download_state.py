"""A download of the EMNIST digits seen from outside: its folder, and what is known of it."""

import time
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs import event_log, events
from emnist_tui.runs.data_paths import has_digits, raw_folder
from emnist_tui.runs.locks import is_held

_FOLDER = ".emnist-digits.download"
_LOOK_AT_LOCK_EVERY = 1.0  # seconds


def format_size(size: float) -> str:
    """Bytes in the units of a thousand that networks are measured in: `59515779` is `60 MB`, `3210000` is `3.2 MB`."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= unit * 0.9995:
            return f"{size / unit:.{0 if size >= 9.95 * unit else 1}f} {name}"
    return f"{size:.0f} bytes"


@dataclass(frozen=True)
class DownloadFolder:
    """Paths of what a download keeps until the digits are in place."""

    root: Path
    """The data root."""

    @property
    def path(self) -> Path:
        return raw_folder(self.root) / _FOLDER

    @property
    def members(self) -> Path:
        """Holds the archive's members, as archives hold them: in a folder `gzip`."""
        return self.path / "gzip"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        """Where a download is asked to stop."""
        return self.path / "control.json"

    @property
    def log(self) -> Path:
        """The words of a download that was launched."""
        return self.path / "download.log"

    @property
    def lock(self) -> Path:
        """Beside the folder, which goes when the digits are in place."""
        return self.path.with_name(f"{_FOLDER}.lock")

    def is_downloading(self) -> bool:
        """Whether a process downloads now."""
        return is_held(self.lock)


class DownloadRecord:
    """The fold of a download's events: every attribute is as of the last one."""

    def __init__(self) -> None:
        self.started: events.DownloadStarted | None = None
        self.phase: events.PhaseStarted | None = None
        """What is waited for besides bytes, if anything."""
        self.progress: events.DownloadAdvanced | None = None
        self.failed: events.RunFailed | None = None
        self.installed: events.DataInstalled | None = None

    def apply(self, event: events.Event) -> None:
        match event:
            case events.DownloadStarted():
                # What was before is of another download.
                self.started, self.phase, self.progress, self.failed, self.installed = event, None, None, None, None
            case events.PhaseStarted():
                if self.has_ended:  # so it is another download's
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
        """At the current speed; None where that or the size is not known."""
        progress = self.progress
        if not progress or not progress.total or progress.bytes_per_second <= 0:
            return None
        return (progress.total - progress.received) / progress.bytes_per_second

    def silence(self) -> float:
        """Seconds since the last bytes came, by the wall clock."""
        return max(0.0, time.time() - self.progress.time) if self.progress else 0.0


class DownloadFollower:
    """A download's folder, read as it grows. `poll` is cheap and never raises."""

    def __init__(self, folder: DownloadFolder, since: float = 0.0) -> None:
        """Events from before `since`, Unix seconds, are not of the download that is followed."""
        self.folder = folder
        self.record = DownloadRecord()
        self.is_downloading = folder.is_downloading()
        self._since = since
        self._tail = event_log.EventTail(folder.events)
        self._next_look = 0.0

    @property
    def is_installed(self) -> bool:
        """Its folder may be gone before its last event was read."""
        return self.record.installed is not None or (not self.folder.events.exists() and has_digits(self.folder.root))

    def poll(self) -> None:
        """Takes in what came since the last call."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_AT_LOCK_EVERY
            self.is_downloading = self.folder.is_downloading()
        for event in self._tail.poll():
            if event.time >= self._since:
                self.record.apply(event)
        if self.record.has_ended:
            self._next_look = 0.0
