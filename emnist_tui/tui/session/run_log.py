"""Growing logs of a run: its events and its trainer's messages."""

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from emnist_tui.runs.event_log import is_batches
from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.events import Batches
from emnist_tui.runs.line_tail import LineTail
from emnist_tui.text.formats import count
from emnist_tui.tui.session.event_lines import describe, describe_batches
from emnist_tui.tui.session.log_line import LogLine

MOST_LINES = 2_000
_MOST_EVENT_BYTES = 16 << 20  # nearly all are of batches, which are summarized
_MOST_TEXT_BYTES = 1 << 20
_LONGEST_LINE = 2_000  # characters


class RunLog:
    """The last lines of a growing file."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._tail = LineTail(path, most_bytes)
        self._lines: deque[LogLine] = deque(maxlen=MOST_LINES)
        self._dropped = 0

    @property
    def lines(self) -> Sequence[LogLine]:
        """Lines, the oldest first: at most `MOST_LINES` and one unfinished."""
        return list(self._lines)

    @property
    def omission(self) -> str:
        """Sentence about the lines that are not shown; empty if all are."""
        if self._tail.has_skipped or self._dropped:
            return f"Earlier lines are in the file; these are the last {count(len(self._lines))}."
        return ""

    def poll(self) -> bool:
        """Read new lines and return whether there were any; never raises."""
        rest = self._tail.rest
        new = self._tail.poll(self._most_bytes)
        if self._tail.restarted:
            self._lines.clear()
            self._dropped = 0
            self._forget()
        for line in new:
            self._take(line)
        return bool(new) or self._tail.restarted or self._tail.rest != rest

    def _forget(self) -> None:
        """Forget what belongs to a file that was replaced."""

    def _take(self, line: bytes) -> None:
        raise NotImplementedError

    def _add(self, line: LogLine | None) -> None:
        if line:
            self._dropped += len(self._lines) == MOST_LINES
            self._lines.append(line)


class EventsLog(RunLog):
    """The events of a run, those of batches summarized."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _MOST_EVENT_BYTES)
        self._first_batches = self._last_batches = b""

    @property
    def lines(self) -> Sequence[LogLine]:
        unfinished = self._batches()
        return [*self._lines, unfinished] if unfinished else list(self._lines)

    def _forget(self) -> None:
        self._first_batches = self._last_batches = b""

    def _take(self, line: bytes) -> None:
        if is_batches(line):
            self._first_batches, self._last_batches = self._first_batches or line, line
            return
        self._add(self._batches())
        self._forget()
        if event := parse_event(line):
            self._add(describe(event))

    def _batches(self) -> LogLine | None:
        """Summarize the batches since the last other event."""
        first, last = parse_event(self._first_batches), parse_event(self._last_batches)
        return describe_batches(first, last) if isinstance(first, Batches) and isinstance(last, Batches) else None


class TextLog(RunLog):
    """A log of plain text, such as trainer.log."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _MOST_TEXT_BYTES)

    @property
    def lines(self) -> Sequence[LogLine]:
        return [*self._lines, _decoded(self._tail.rest)] if self._tail.rest else list(self._lines)

    def _take(self, line: bytes) -> None:
        self._add(_decoded(line))


def _decoded(line: bytes) -> LogLine:
    text = line[: 4 * _LONGEST_LINE].decode(errors="replace").rstrip("\r\n").expandtabs()
    return LogLine(text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} …")
