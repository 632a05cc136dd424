"""Download of the EMNIST digits, run by any process."""

import time
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.data_paths import data_root, has_digits
from emnist_tui.runs.download_state import DownloadFolder, DownloadFollower, DownloadRecord, format_size
from emnist_tui.runs.launch import launch_download
from emnist_tui.text.bars import thin_bar
from emnist_tui.text.formats import duration, percent
from emnist_tui.tui.session.child_process import ChildProcess, last_log_line

TITLE = "EMNIST digits"
_IMPORT = "emnist-tui data import"
_HOW_TO_IMPORT = f"Without a network, get the archive elsewhere and run `{_IMPORT} PATH`."
_LOOK_EVERY = 1.0  # seconds between two looks for a download of another process
_SILENCE = 3.0  # seconds without a byte before the text says so
_MOST_BAR = 24  # cells
_LEAST_BAR = 4


class Outcome(StrEnum):
    """End of a download."""

    INSTALLED = "installed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class DownloadEnd:
    """Outcome of a download and the sentence that reports it."""

    outcome: Outcome
    sentence: str


class DownloadSession:
    """The one download in progress, whoever started it.

    It may be this app, another one, or a command.
    """

    def __init__(self) -> None:
        self.ended: DownloadEnd | None = None
        """End of the last download; None while one runs."""
        self._follower: DownloadFollower | None = None
        self._process: ChildProcess | None = None
        self._is_stopping = False
        self._next_look = 0.0

    @cached_property
    def folder(self) -> DownloadFolder:
        return DownloadFolder(data_root())

    @property
    def is_installed(self) -> bool:
        return has_digits(self.folder.root)

    @property
    def is_running(self) -> bool:
        return self._follower is not None

    @property
    def record(self) -> DownloadRecord | None:
        """State of the running download; None without one."""
        return self._follower.record if self._follower else None

    def start(self) -> None:
        """Launch a download, or follow the one that already runs. Raises `EmnistTuiError`."""
        if self._follow_other():
            return
        since = time.time()
        self._process = ChildProcess(launch_download(self.folder))
        self._follow(since)

    def stop(self) -> None:
        """Request the end of the download. Raises `OSError`."""
        if self._follower:
            self._is_stopping = True
            ask_for(self.folder.control, Desired.STOP)

    def poll(self) -> DownloadEnd | None:
        """Read new events and return the download's end once, when it comes."""
        if self._follower is None:
            now = time.monotonic()
            if now >= self._next_look:
                self._next_look = now + _LOOK_EVERY
                self._follow_other()
            return None
        # Before the events are read: those of a process that has ended are then complete.
        is_alive = self._process is not None and self._process.is_alive
        self._follower.poll()
        ended = self._end(self._follower, is_alive)
        if ended:
            self.ended, self._follower, self._process = ended, None, None
        return ended

    def close(self) -> None:
        """Leave the download running without the app."""
        if self._process:
            self._process.detach()

    def _follow_other(self) -> bool:
        """Follow another process's download and return whether there is one."""
        if self.folder.is_downloading():
            self._follow()
        return self.is_running

    def _follow(self, since: float = 0.0) -> None:
        self.ended, self._is_stopping = None, False
        self._follower = DownloadFollower(self.folder, since)

    def _end(self, follower: DownloadFollower, is_alive: bool) -> DownloadEnd | None:
        if follower.is_installed and follower.record.installed:
            return DownloadEnd(Outcome.INSTALLED, f"The {TITLE} are installed.")
        if is_alive or follower.is_downloading:
            return None
        if follower.is_installed:
            return DownloadEnd(Outcome.INSTALLED, f"The {TITLE} are installed.")
        failed = follower.record.failed
        sentence = failed.error if failed else last_log_line(self.folder.log)
        sentence = sentence or "The download was killed."
        if self._is_stopping:
            return DownloadEnd(Outcome.STOPPED, sentence)
        return DownloadEnd(Outcome.FAILED, sentence if _IMPORT in sentence else f"{sentence} {_HOW_TO_IMPORT}")


def describe_numbers(record: DownloadRecord) -> list[str]:
    """Return the known ones of: bytes received, rate or silence, time left."""
    progress = record.progress
    if progress is None:
        return []
    of_total = f" of {format_size(progress.total)}" if progress.total else ""
    texts = [f"{format_size(progress.received)}{of_total}"]
    if (silence := record.silence()) >= _SILENCE and not record.phase:
        return [*texts, f"no data for {duration(silence)}"]
    if progress.bytes_per_second:
        texts.append(f"{format_size(progress.bytes_per_second)}/s")
    if record.seconds_left is not None:
        texts.append(f"{duration(record.seconds_left)} left")
    return texts


def describe_phase(record: DownloadRecord) -> str:
    """Return the step that the download waits for.

    Empty while it receives bytes.
    """
    if record.phase is None:
        return "" if record.progress else "starting …"
    phase = record.phase.phase
    return phase if phase.endswith(".") else f"{phase} …"


def share(record: DownloadRecord) -> float | None:
    """Return the share of bytes received, 0 to 1.

    None while the total is unknown.
    """
    progress = record.progress
    return min(1.0, progress.received / progress.total) if progress and progress.total else None


def describe_line(record: DownloadRecord, width: int) -> str:
    """Describe a download in one line of `width` cells.

    Facts that do not fit are left out from the right, and a bar fills the rest.
    """
    start = f"Fetching {TITLE}"
    done = share(record)
    phase = describe_phase(record).partition(": ")[0]
    if phase:
        facts = [phase]
    else:
        facts = describe_numbers(record) if done is None else [percent(done, 0), *describe_numbers(record)[1:]]
    while facts and len(start) + 2 + len(", ".join(facts)) > width:
        facts.pop()
    text = ", ".join(facts)
    if phase or done is None:
        return f"{start}: {text}" if text else start
    cells = min(_MOST_BAR, width - len(start) - len(text) - 4)
    return f"{start}  {thin_bar(done, cells)}  {text}" if cells >= _LEAST_BAR else f"{start}  {text}".rstrip()
