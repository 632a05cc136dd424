"""The download of the EMNIST digits as the app follows it, whichever process it is of."""

import subprocess
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.data_paths import data_root, has_digits
from emnist_tui.runs.download_state import DownloadFolder, DownloadFollower, DownloadRecord, format_size
from emnist_tui.runs.launch import last_log_line, launch_download
from emnist_tui.text.bars import thin_bar
from emnist_tui.text.formats import duration, percent

TITLE = "EMNIST digits"
_LOOK_EVERY = 1.0  # seconds; whether somebody else downloads
_SILENCE = 3.0  # seconds without a byte, from which on that is said
_MOST_BAR = 24  # cells
_LEAST_BAR = 4


class Outcome(StrEnum):
    """How a download ended."""

    INSTALLED = "installed"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Ended:
    """The end of a download, to be told."""

    outcome: Outcome
    sentence: str


class DownloadSession:
    """At most one at a time. What is followed may have been started by hand, or by another app."""

    def __init__(self) -> None:
        self.ended: Ended | None = None
        """The last one's end; None while one goes on."""
        self._follower: DownloadFollower | None = None
        self._process: subprocess.Popen[bytes] | None = None
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
        """What is known of the one that goes on."""
        return self._follower.record if self._follower else None

    def start(self) -> None:
        """Unless one goes on already, perhaps another process's. Raises `EmnistTuiError`."""
        if self._follow_other():
            return
        since = time.time()
        self._process = launch_download(self.folder)
        self._follow(since)

    def stop(self) -> None:
        """Raises `OSError`."""
        if self._follower:
            self._is_stopping = True
            ask_for(self.folder.control, Desired.STOP)

    def poll(self) -> Ended | None:
        """Takes in what came since the last call; the end, once it has come."""
        if self._follower is None:
            now = time.monotonic()
            if now >= self._next_look:
                self._next_look = now + _LOOK_EVERY
                self._follow_other()
            return None
        # Asked before it is read: what was written before the end is then read before the end is seen.
        is_alive = self._process is not None and self._process.poll() is None
        self._follower.poll()
        ended = self._end(self._follower, is_alive)
        if ended:
            self.ended, self._follower, self._process = ended, None, None
        return ended

    def _follow_other(self) -> bool:
        """Another process's download, if there is one."""
        if self.folder.is_downloading():
            self._follow()
        return self.is_running

    def _follow(self, since: float = 0.0) -> None:
        self.ended, self._is_stopping = None, False
        self._follower = DownloadFollower(self.folder, since)

    def close(self) -> None:
        """The download goes on without the app."""
        if self._process and self._process.returncode is None:
            self._process.returncode = 0  # nobody waits for it here

    def _end(self, follower: DownloadFollower, is_alive: bool) -> Ended | None:
        if follower.is_installed and follower.record.installed:
            return Ended(Outcome.INSTALLED, f"The {TITLE} are installed.")
        if is_alive or follower.is_downloading:
            return None
        if follower.is_installed:
            return Ended(Outcome.INSTALLED, f"The {TITLE} are installed.")
        failed = follower.record.failed
        sentence = failed.error if failed else self._last_words()
        return Ended(Outcome.STOPPED if self._is_stopping else Outcome.FAILED, sentence)

    def _last_words(self) -> str:
        """The last line of the process's own output, where it could not say it in an event."""
        words = last_log_line(self.folder.log)
        return words.removeprefix("emnist-tui: ") if words else "The download was killed."


def describe_numbers(record: DownloadRecord) -> list[str]:
    """How much, how fast and how long still, of what is known."""
    progress = record.progress
    if progress is None:
        return []
    of_total = f" of {format_size(progress.total)}" if progress.total else ""
    words = [f"{format_size(progress.received)}{of_total}"]
    if (silence := record.silence()) >= _SILENCE and not record.phase:
        return [*words, f"nothing came for {duration(silence)}"]
    if progress.bytes_per_second:
        words.append(f"{format_size(progress.bytes_per_second)}/s")
    if record.seconds_left is not None:
        words.append(f"{duration(record.seconds_left)} left")
    return words


def describe_phase(record: DownloadRecord) -> str:
    """What is waited for besides bytes; empty where nothing is."""
    if record.phase is None:
        return "" if record.progress else "starting …"
    phase = record.phase.phase
    return phase if phase.endswith(".") else f"{phase} …"


def share(record: DownloadRecord) -> float | None:
    """Of the bytes, 0 to 1."""
    progress = record.progress
    return min(1.0, progress.received / progress.total) if progress and progress.total else None


def describe_line(record: DownloadRecord, width: int) -> str:
    """In one line of so many cells: what does not fit is left out from the right, and the bar takes the rest."""
    start = f"Fetching {TITLE}"
    done = share(record)
    phase = describe_phase(record).partition(": ")[0]
    if phase:
        words = [phase]
    else:
        words = describe_numbers(record) if done is None else [percent(done, 0), *describe_numbers(record)[1:]]
    while words and len(start) + 2 + len(", ".join(words)) > width:
        words.pop()
    told = ", ".join(words)
    if phase or done is None:
        return f"{start}: {told}" if told else start
    cells = min(_MOST_BAR, width - len(start) - len(told) - 4)
    return f"{start}  {thin_bar(done, cells)}  {told}" if cells >= _LEAST_BAR else f"{start}  {told}".rstrip()
