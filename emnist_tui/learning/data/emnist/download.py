"""Fetching the official EMNIST digits: of the archive only the four members that matter, where the server sends parts.

What has arrived is kept in a folder of its own, from which an interrupted download goes on. Nothing is put in place
before all four files are there and have the sha256 of the official ones.
"""

import shutil
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import filelock

from emnist_tui.learning.data.emnist import archive, idx, install
from emnist_tui.learning.data.emnist.partial_files import PartialFiles
from emnist_tui.learning.data.emnist.remote_zip import ELSEWHERE, RemoteZip, TransientError
from emnist_tui.runs.data_paths import unwritable_data
from emnist_tui.runs.download_state import DownloadFolder, format_size
from emnist_tui.runs.errors import EmnistTuiError, InterruptedDownloadError
from emnist_tui.runs.events import DataInstalled, DownloadAdvanced, Event, PhaseStarted

Tell = Callable[[Event], None]

_UNPACKED = 280_000 * (idx.SIDE**2 + 1)
"""Bytes of the plain files: all images, each with its label."""
_WHOLE = 561_753_746
"""Bytes of the official archive, for a server that does not say."""
_MOST_WHOLE = 1 << 32
"""Bytes that are taken of an archive that cannot be fetched in parts."""
_CHUNK = 1 << 20
_TELL_EVERY = 0.25  # seconds
_SPEED_WINDOW = 5.0  # seconds over which the speed is taken


@dataclass(frozen=True)
class Patience:
    """When to try again, and when to give up."""

    attempts: int = 5
    """In a row that bring not one byte more."""
    first_wait: float = 1.0
    """Seconds before the second attempt; twice as long before each one after it."""
    longest_wait: float = 30.0
    """Seconds."""
    timeout: float = 30.0
    """Seconds to connect, and between any two bytes."""


def source_url(given: str | None) -> str:
    """Where the archive is fetched from: `given`, or torchvision's own address, whose import takes seconds.

    Raises `EmnistTuiError` where torchvision cannot be imported.
    """
    return given or str(install.torchvision_emnist().url)


def download(url: str, folder: DownloadFolder, tell: Tell, patience: Patience | None = None) -> install.DataStatus:
    """Fetches, verifies and installs the digits from the official archive at `url`, into a folder that is `held`.

    Raises `UsageError` for a bad URL, `InterruptedDownloadError` on a `KeyboardInterrupt`, and `EmnistTuiError` when it
    fails. What has arrived stays for the next time, unless it was wrong.
    """
    patience = patience or Patience()
    meter = _Meter(tell)
    try:
        _fetch_patiently(url, folder, meter, patience)
        tell(PhaseStarted(phase="putting the EMNIST digits in place"))
        status = install.import_data(folder.members, folder.root)
        if not status.verified:
            raise EmnistTuiError(f"The files in {folder.members} were changed by another program: try again.")
        tell(DataInstalled(root=str(folder.root), train_images=status.train_images, test_images=status.test_images))
    except KeyboardInterrupt:
        raise _interruption(meter) from None
    except OSError as error:
        raise unwritable_data(folder.path, error) from error
    remove_leftovers(folder)
    return status


def remove_leftovers(folder: DownloadFolder) -> None:
    """What a download keeps until the digits are in place; raises nothing."""
    shutil.rmtree(folder.path, ignore_errors=True)


@contextmanager
def held(folder: DownloadFolder) -> Iterator[None]:
    """The right to download, and a folder to do it in. Raises `EmnistTuiError` when another process has it."""
    try:
        folder.lock.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder.lock)
        lock.acquire(timeout=0.5)  # a reader's look at the lock holds it for microseconds
    except filelock.Timeout:
        raise EmnistTuiError(
            f"Another download into {folder.root} is running: wait for it to end; the app shows how far it is."
        ) from None
    except OSError as error:
        raise unwritable_data(folder.lock.parent, error) from error
    try:
        folder.path.mkdir(exist_ok=True)
        yield
    except OSError as error:
        raise unwritable_data(folder.path, error) from error
    finally:
        lock.release()


class _Meter:
    """Counts the bytes that are there and tells of it, a few times a second."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.received = self.total = self.most = 0
        """Bytes; `most` is the most that ever were there: attempts that fetch the same again are no progress."""
        self.can_resume = True
        self._arrived: deque[tuple[float, int]] = deque()
        self._next_tell = 0.0

    def begin(self, received: int, total: int) -> None:
        self.received, self.total = received, total
        self.most = max(self.most, received)
        self._arrived.clear()
        self._next_tell = 0.0
        self.add(0)

    def add(self, count: int) -> None:
        self.received += count
        self.most = max(self.most, self.received)
        now = time.monotonic()
        if now >= self._next_tell or self.received == self.total:
            self._next_tell = now + _TELL_EVERY
            self._arrived.append((now, self.received))
            while len(self._arrived) > 2 and now - self._arrived[0][0] > _SPEED_WINDOW:
                self._arrived.popleft()
            self.tell(
                DownloadAdvanced(received=self.received, total=self.total, bytes_per_second=round(self._speed(), 1))
            )

    def _speed(self) -> float:
        (first_time, first), (last_time, last) = self._arrived[0], self._arrived[-1]
        return (last - first) / (last_time - first_time) if last_time > first_time else 0.0


def _interruption(meter: _Meter) -> InterruptedDownloadError:
    if not meter.received:
        return InterruptedDownloadError("Interrupted before anything was fetched", "")
    of_total = f" of {format_size(meter.total)}" if meter.total else ""
    how_to_go_on = (
        "the same command goes on from there"
        if meter.can_resume
        else "the server sends the archive only as a whole, so the same command begins anew"
    )
    return InterruptedDownloadError(f"Interrupted at {format_size(meter.received)}{of_total}", how_to_go_on)


def _fetch_patiently(url: str, folder: DownloadFolder, meter: _Meter, patience: Patience) -> None:
    """Until all four members are there. Raises `EmnistTuiError` once patience ends, or at once where none helps."""
    most, failures = 0, 0
    while True:
        source = RemoteZip(url, patience.timeout)
        meter.tell(PhaseStarted(phase=f"connecting to {source.host}"))
        try:
            with source:
                if source.has_ranges:
                    _fetch_members(source, folder, meter)
                else:
                    _fetch_whole(source, folder, meter)
            return
        except TransientError as error:
            failures = 0 if meter.most > most else failures + 1
            most = meter.most
            if failures >= patience.attempts:
                raise
            wait = min(patience.longest_wait, patience.first_wait * 2 ** max(0, failures - 1))
            meter.tell(PhaseStarted(phase=f"trying again in {wait:g} s: {error}"))
            time.sleep(wait)


def _fetch_members(source: RemoteZip, folder: DownloadFolder, meter: _Meter) -> None:
    meter.can_resume = True
    meter.tell(PhaseStarted(phase=f"reading what is in {source.shown}"))
    members = source.members()
    _refuse_unofficial(members, source)
    arrived = PartialFiles(folder, source.shown)
    arrived.forget_other_source(source.version, members)
    missing = {name: info for name, info in members.items() if not arrived.is_whole(name)}
    there = {name: arrived.size(name) for name in missing}
    total = sum(info.compress_size for info in members.values())
    to_fetch = sum(info.compress_size - there[name] for name, info in missing.items())
    unpacking = max((archive.OFFICIAL[name].size for name in missing), default=0)
    _refuse_full_disk(to_fetch + unpacking + _UNPACKED, folder)
    meter.begin(total - to_fetch, total)
    for name, info in missing.items():
        if left := info.compress_size - there[name]:
            first = source.data_offset(info) + there[name]
            with arrived.part(name).open("ab", buffering=0) as file:
                for chunk in source.read(first, left):
                    file.write(chunk)
                    meter.add(len(chunk))
        arrived.unpack(name, info)


def _fetch_whole(source: RemoteZip, folder: DownloadFolder, meter: _Meter) -> None:
    """The whole archive, for the sake of its four members; it goes again, whatever happens."""
    meter.can_resume = False
    size = source.version.size
    if (size or 0) > _MOST_WHOLE:
        raise EmnistTuiError(f"{source.shown} has {format_size(size or 0)}: {ELSEWHERE}.")
    unpacking = sum(official.size for official in archive.OFFICIAL.values())
    _refuse_full_disk((size or _WHOLE) + unpacking + _UNPACKED, folder)
    whole = folder.path / "gzip.zip"
    try:
        meter.begin(0, size or 0)
        with whole.open("wb") as file:
            for chunk in source.read_whole():
                file.write(chunk)
                meter.add(len(chunk))
                if meter.received > _MOST_WHOLE:
                    raise EmnistTuiError(f"{source.shown} does not end: {ELSEWHERE}.")
        meter.tell(PhaseStarted(phase="unpacking the EMNIST digits"))
        with idx.explained(source.shown):
            stored = zipfile.ZipFile(whole)
        with stored:
            members = archive.find_members(stored, source.shown)
            _refuse_unofficial(members, source)
            arrived = PartialFiles(folder, source.shown)
            for name, info in members.items():
                arrived.keep(name, _content(stored, info))
    finally:
        whole.unlink(missing_ok=True)


def _content(stored: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with stored.open(info) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _refuse_unofficial(members: Mapping[str, zipfile.ZipInfo], source: RemoteZip) -> None:
    """By what the directory says, before anything is fetched; also what could not be read or would never end."""
    if missing := [name for name in archive.KINDS if name not in members]:
        raise EmnistTuiError(f"{source.shown} has no {' and no '.join(missing)}: {ELSEWHERE}.")
    for name, info in members.items():
        size = archive.OFFICIAL[name].size
        if info.file_size != size:
            raise EmnistTuiError(
                f"{name}.gz in {source.shown} is not the official file ({info.file_size:,} bytes, not {size:,}), "
                f"so nothing was installed: {ELSEWHERE}; `emnist-tui data import` takes other files."
            )
        # Deflate adds at most five bytes to each 16 kB, and a little, to what it cannot make smaller.
        is_sound = 0 < info.compress_size <= size + size // 1000 + 64
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or not is_sound:
            raise EmnistTuiError(f"{source.shown} is a damaged archive: {ELSEWHERE}.")


def _refuse_full_disk(needed: int, folder: DownloadFolder) -> None:
    free = shutil.disk_usage(folder.path).free
    if free < needed:
        raise EmnistTuiError(
            f"The download needs {format_size(needed)} in {folder.root}, where {format_size(free)} are free: "
            "make room, or set EMNIST_TUI_DATA to a folder on another disk."
        )
