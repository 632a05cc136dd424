"""Download of the official EMNIST digits.

Of the archive, only the four needed members are fetched, by range requests if the server supports them. Partial files
are kept in a folder of their own, from which an interrupted download resumes. Nothing is installed before all four
files are complete and have the official sha256.
"""

import shutil
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from emnist_tui.learning.data.emnist import archive, idx, install
from emnist_tui.learning.data.emnist.http_errors import ELSEWHERE, TransientError
from emnist_tui.learning.data.emnist.partial_files import PartialFiles
from emnist_tui.learning.data.emnist.remote_zip import RemoteZip
from emnist_tui.runs import locks
from emnist_tui.runs.data_paths import unwritable_data
from emnist_tui.runs.download_state import DownloadFolder, format_size
from emnist_tui.runs.errors import EmnistTuiError, InterruptedDownloadError
from emnist_tui.runs.events import DataInstalled, DownloadAdvanced, Event, PhaseStarted
from emnist_tui.runs.official_archive import ARCHIVE_SIZE, INSTALLED_SIZE

OnEvent = Callable[[Event], None]

_MAX_ARCHIVE_SIZE = 1 << 32  # bytes that are downloaded from a server without range requests
_CHUNK = 1 << 20  # bytes
_LOCK_PATIENCE = 0.5  # seconds; a reader that checks the lock shares it for microseconds
_REPORT_EVERY = 0.25  # seconds
_SPEED_WINDOW = 5.0  # seconds over which the speed is averaged


@dataclass(frozen=True)
class RetryPolicy:
    """Number of retries and the waits between them."""

    attempts: int = 5
    """Consecutive attempts without progress before giving up."""
    first_wait: float = 1.0
    """Seconds before the second attempt; doubled before each later one."""
    longest_wait: float = 30.0
    """Longest wait in seconds."""
    timeout: float = 30.0
    """Seconds to connect, and between any two bytes."""


def download(
    url: str, folder: DownloadFolder, on_event: OnEvent, policy: RetryPolicy | None = None
) -> install.DataStatus:
    """Download, verify and install the digits from the official archive at `url`.

    The folder must be `held`. Raises `UsageError` for an invalid URL, `InterruptedDownloadError` on a
    `KeyboardInterrupt`, and `EmnistTuiError` if the download fails. Partial files are kept for the next attempt unless
    their content was wrong.
    """
    progress = _Progress(on_event)
    try:
        _fetch_with_retries(url, folder, progress, policy or RetryPolicy())
        on_event(PhaseStarted(phase="installing the EMNIST digits"))
        status = install.import_data(folder.members, folder.root)
        if not status.verified:
            raise EmnistTuiError(f"The files in {folder.members} were changed by another program: try again.")
        on_event(DataInstalled(root=str(folder.root), train_images=status.train_images, test_images=status.test_images))
    except KeyboardInterrupt:
        raise _interruption(progress) from None
    except OSError as error:
        raise unwritable_data(folder.path, error) from error
    remove_leftovers(folder)
    return status


def remove_leftovers(folder: DownloadFolder) -> None:
    """Delete a download's folder; raises nothing."""
    shutil.rmtree(folder.path, ignore_errors=True)


@contextmanager
def held(folder: DownloadFolder) -> Iterator[None]:
    """Lock the download folder, and create it.

    Raises `EmnistTuiError` if another process holds the lock or the folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            folder.lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locks.held(folder.lock, _LOCK_PATIENCE))
        except locks.HeldError:
            raise EmnistTuiError(
                f"Another download into {folder.root} is running: wait for it to finish; the app shows its progress."
            ) from None
        except OSError as error:
            raise unwritable_data(folder.lock.parent, error) from error
        try:
            folder.path.mkdir(exist_ok=True)
            yield
        except OSError as error:
            raise unwritable_data(folder.path, error) from error


class _Progress:
    """Counter of downloaded bytes that reports a few times a second."""

    def __init__(self, on_event: OnEvent) -> None:
        self.on_event = on_event
        self.received = self.total = 0
        """Bytes."""
        self.most_received = 0
        """Most bytes that any attempt reached: fetching the same bytes again is no progress."""
        self.can_resume = True
        self._samples: deque[tuple[float, int]] = deque()
        self._next_report = 0.0

    def begin(self, received: int, total: int) -> None:
        """Start an attempt that has `received` bytes of `total` already."""
        self.received, self.total = received, total
        self._samples.clear()
        self._next_report = 0.0
        self.add(0)

    def add(self, count: int) -> None:
        """Count bytes, and report them if it is time."""
        self.received += count
        self.most_received = max(self.most_received, self.received)
        now = time.monotonic()
        if now >= self._next_report or self.received == self.total:
            self._next_report = now + _REPORT_EVERY
            self._samples.append((now, self.received))
            while len(self._samples) > 2 and now - self._samples[0][0] > _SPEED_WINDOW:
                self._samples.popleft()
            speed = round(self._speed(), 1)
            self.on_event(DownloadAdvanced(received=self.received, total=self.total, bytes_per_second=speed))

    def _speed(self) -> float:
        (first_time, first), (last_time, last) = self._samples[0], self._samples[-1]
        return (last - first) / (last_time - first_time) if last_time > first_time else 0.0


def _interruption(progress: _Progress) -> InterruptedDownloadError:
    if not progress.received:
        return InterruptedDownloadError("Interrupted before anything was downloaded", "")
    of_total = f" of {format_size(progress.total)}" if progress.total else ""
    how_to_resume = (
        "run the same command to resume"
        if progress.can_resume
        else "run the same command to start over, as the server sends only the whole archive"
    )
    return InterruptedDownloadError(f"Interrupted at {format_size(progress.received)}{of_total}", how_to_resume)


def _fetch_with_retries(url: str, folder: DownloadFolder, progress: _Progress, policy: RetryPolicy) -> None:
    """Fetch all four members, retrying transient failures.

    Raises `EmnistTuiError` for a permanent failure, or after too many attempts without progress.
    """
    most_received, failures = 0, 0
    while True:
        source = RemoteZip(url, policy.timeout)
        progress.on_event(PhaseStarted(phase=f"connecting to {source.host}"))
        try:
            with source:
                if source.has_ranges:
                    _fetch_members(source, folder, progress)
                else:
                    _fetch_whole(source, folder, progress)
            return
        except TransientError as error:
            failures = 0 if progress.most_received > most_received else failures + 1
            most_received = progress.most_received
            if failures >= policy.attempts:
                raise
            wait = min(policy.longest_wait, policy.first_wait * 2 ** max(0, failures - 1))
            progress.on_event(PhaseStarted(phase=f"retrying in {wait:g} s: {error}"))
            time.sleep(wait)


def _fetch_members(source: RemoteZip, folder: DownloadFolder, progress: _Progress) -> None:
    """Fetch the missing bytes of the four members by range requests."""
    progress.can_resume = True
    progress.on_event(PhaseStarted(phase=f"reading the directory of {source.shown}"))
    members = source.members()
    _refuse_unofficial(members, source)
    files = PartialFiles(folder, source.shown)
    files.discard_stale(source.version, members)
    missing = {name: info for name, info in members.items() if not files.is_complete(name)}
    present = {name: files.size(name) for name in missing}
    total = sum(info.compress_size for info in members.values())
    to_fetch = sum(info.compress_size - present[name] for name, info in missing.items())
    largest = max((archive.OFFICIAL[name].size for name in missing), default=0)
    _refuse_full_disk(to_fetch + largest + INSTALLED_SIZE, folder)
    progress.begin(total - to_fetch, total)
    for name, info in missing.items():
        if left := info.compress_size - present[name]:
            first = source.data_offset(info) + present[name]
            with files.part(name).open("ab", buffering=0) as file:
                for chunk in source.read(first, left):
                    file.write(chunk)
                    progress.add(len(chunk))
        files.unpack(name, info)


def _fetch_whole(source: RemoteZip, folder: DownloadFolder, progress: _Progress) -> None:
    """Fetch the whole archive for its four members, and delete it."""
    progress.can_resume = False
    size = source.version.size
    if (size or 0) > _MAX_ARCHIVE_SIZE:
        raise EmnistTuiError(f"{source.shown} is too large ({format_size(size or 0)}): {ELSEWHERE}.")
    members_size = sum(official.size for official in archive.OFFICIAL.values())
    _refuse_full_disk((size or ARCHIVE_SIZE) + members_size + INSTALLED_SIZE, folder)
    whole = folder.path / "gzip.zip"
    try:
        progress.begin(0, size or 0)
        with whole.open("wb") as file:
            for chunk in source.read_whole():
                file.write(chunk)
                progress.add(len(chunk))
                if progress.received > _MAX_ARCHIVE_SIZE:
                    raise EmnistTuiError(f"{source.shown} exceeds {format_size(_MAX_ARCHIVE_SIZE)}: {ELSEWHERE}.")
        progress.on_event(PhaseStarted(phase="unpacking the EMNIST digits"))
        with idx.user_errors(source.shown):
            stored = zipfile.ZipFile(whole)
        with stored:
            members = archive.find_members(stored, source.shown)
            _refuse_unofficial(members, source)
            files = PartialFiles(folder, source.shown)
            for name, info in members.items():
                files.store(name, _content(stored, info))
    finally:
        whole.unlink(missing_ok=True)


def _content(stored: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with stored.open(info) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _refuse_unofficial(members: Mapping[str, zipfile.ZipInfo], source: RemoteZip) -> None:
    """Check the members' sizes and compression before anything is fetched.

    Raises `EmnistTuiError` for members that are missing, not the official ones, unreadable or endless.
    """
    if missing := [name for name in archive.KINDS if name not in members]:
        raise EmnistTuiError(f"{source.shown} has no {' and no '.join(missing)}: {ELSEWHERE}.")
    for name, info in members.items():
        size = archive.OFFICIAL[name].size
        if info.file_size != size:
            raise EmnistTuiError(
                f"{name}.gz in {source.shown} is not the official file ({info.file_size:,} bytes, not {size:,}), "
                f"so nothing was installed: {ELSEWHERE}; `emnist-tui data import` accepts other files."
            )
        # Deflate adds at most five bytes to each 16 kB of incompressible data, and a little more.
        is_plausible = 0 < info.compress_size <= size + size // 1000 + 64
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or not is_plausible:
            raise EmnistTuiError(f"{source.shown} is a damaged archive: {ELSEWHERE}.")


def _refuse_full_disk(needed: int, folder: DownloadFolder) -> None:
    """Raise `EmnistTuiError` unless `needed` bytes are free."""
    free = shutil.disk_usage(folder.path).free
    if free < needed:
        raise EmnistTuiError(
            f"The download needs {format_size(needed)} in {folder.root}, where {format_size(free)} are free: "
            "make room, or set EMNIST_TUI_DATA to a folder on another disk."
        )
