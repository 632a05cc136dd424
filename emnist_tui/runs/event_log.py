"""Appending to, following and reading events.jsonl."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import Batches, Event
from emnist_tui.runs.line_tail import LineTail
from emnist_tui.runs.small_files import open_unblocked

_LAST_LINE = 1 << 16  # bytes
_BATCHES = f'"event":"{Batches.event}"'.encode()


class EventLog:
    """An events.jsonl open for appending, flushed after each event."""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it. Raises `OSError`."""
        self._file: IO[str] = path.open("a", encoding="utf-8")
        self._end_broken_line(path)

    def write(self, event: Event) -> None:
        """Append an event.

        Raises `OSError` if the disk refuses it, or if the file was removed and nobody would read it.
        """
        if not os.fstat(self._file.fileno()).st_nlink:
            raise FileNotFoundError(errno.ENOENT, "its events.jsonl was removed")
        self._file.write(event.to_line())
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _end_broken_line(self, path: Path) -> None:
        """End a line cut short by a crash before appending another."""
        with path.open("rb") as existing:
            if existing.seek(0, 2) and existing.seek(-1, 2) >= 0 and existing.read(1) != b"\n":
                self._file.write("\n")
                self._file.flush()


class EventTail:
    """A reader of an events.jsonl that grows."""

    def __init__(self, path: Path, *, batches: bool = True) -> None:
        """Read from the beginning; with `batches=False` lines of batches are skipped unparsed."""
        self._lines = LineTail(path)
        self._batches = batches
        self.has_skipped = False
        """Whether any `poll` left out batches."""

    @property
    def restarted(self) -> bool:
        """Whether the last `poll` found the file replaced.

        It is then shorter, and was read again from its beginning.
        """
        return self._lines.restarted

    def poll(self, limit: int = 4 << 20, most: int | None = None) -> list[Event]:
        """Read the events added since the last call.

        At most `limit` bytes are read. An incomplete last line is left for the next call. A missing file has no events.
        If the batches take more than `most` bytes, only evenly spaced lines of them are parsed, the last among them.
        """
        lines = [line for line in self._lines.poll(limit) if self._is_wanted(line)]
        if most is not None:
            lines = self._thinned(lines, most)
        return [event for line in lines if (event := parse_event(line))]

    def _thinned(self, lines: list[bytes], most: int) -> list[bytes]:
        places = [place for place, line in enumerate(lines) if is_batches(line)]
        every = -(-sum(len(lines[place]) for place in places) // max(1, most))
        skipped = set(places).difference(places[::-every]) if every > 1 else set()
        self.has_skipped |= bool(skipped)
        return [line for place, line in enumerate(lines) if place not in skipped]

    @property
    def offset(self) -> int:
        """Bytes read so far."""
        return self._lines.offset

    def move(self, path: Path) -> None:
        """Go on reading the same file under its new path."""
        self._lines.path = path

    def _is_wanted(self, line: bytes) -> bool:
        return bool(line) and (self._batches or not is_batches(line))


def last_event(path: Path) -> Event | None:
    """Read the event of the last line.

    None without a file, or if the line is longer than 64 KiB or no event.
    """
    try:
        with open_unblocked(path) as file:
            file.seek(max(0, file.seek(0, 2) - _LAST_LINE))
            lines = file.read().splitlines()
    except OSError:
        return None
    return parse_event(lines[-1]) if lines else None


def read_events(path: Path, *, batches: bool = True) -> Iterator[Event]:
    """Read every event of a file.

    With `batches=False` the lines of batches are skipped unparsed, for a quick summary. Raises `OSError`.
    """
    with open_unblocked(path) as file:
        for line in file:
            if (batches or not is_batches(line)) and (event := parse_event(line)):
                yield event


def is_batches(line: bytes) -> bool:
    """Check whether a line holds batches, without parsing it."""
    return _BATCHES in line[:40]
