"""Everything that happens in a run, in order: the lines of events.jsonl.

One JSON object a line with `event` (the class's name in snake case) and `time` (Unix seconds). Readers ignore what they
do not know, and a last line that a crash cut short.
"""

import errno
import json
import os
import re
import time as clock
import types
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import IO, Any, Self, Union, get_args, get_origin

FORMAT_VERSION = 1

EVALUATING = "evaluating"
"""How the phase of an evaluation begins; any other phase is a wait before training."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """What every event has."""

    time: float = field(default_factory=clock.time)
    """Unix seconds."""

    def __init_subclass__(cls) -> None:
        _EVENTS[event_name(cls)] = cls

    def to_line(self) -> str:
        """One line of JSON with its newline. Raises `ValueError` on a number that JSON has no word for."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "time"}
        present = {name: value for name, value in values.items() if value is not None}
        record = {"event": event_name(type(self)), "time": round(self.time, 3), **present}
        return json.dumps(record, allow_nan=False, separators=(",", ":")) + "\n"


_EVENTS: dict[str, type[Event]] = {}
_NUMBERS = frozenset((int, float))
_LAST_LINE = 1 << 16  # bytes


def event_name(cls: type[Event]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Event):
    """A wait that is not training began: loading torch, drawing digits, evaluating."""

    phase: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The first batch is next. A resumed run says so again, with `resumed_at_step`."""

    format: int = FORMAT_VERSION
    config: dict[str, Any]
    model: str
    parameters: int
    data: str
    """The data's name, wherever its numbers appear."""
    fingerprint: str
    """Of the data's contents."""
    train_images: int
    validation_images: int
    test_images: int
    steps_per_epoch: int
    device: str
    threads: int
    seed: int
    versions: dict[str, Any]
    resumed_at_step: int | None = None


@dataclass(frozen=True, kw_only=True)
class Batches(Event):
    """The batches since the line before, one entry a batch."""

    epoch: int
    """From 1."""
    step: int
    """Optimizer steps over the whole run, counted from 1: that of the last batch in this line."""
    loss: list[float]
    """Mean cross-entropy of each batch, in nats: the shortest decimal that is this float32."""
    accuracy: list[float]
    """Share of each batch that was right, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class EvaluationAdvanced(Event):
    """How far an evaluation is, in images."""

    images: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """A whole split was predicted; `file` in the same folder holds the predictions."""

    split: str
    epoch: int
    step: int
    loss: float
    accuracy: float
    images: int
    file: str


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    seconds: float
    """Spent training, without pauses and evaluations."""
    images_per_second: float


@dataclass(frozen=True, kw_only=True)
class CheckpointSaved(Event):
    file: str
    step: int


@dataclass(frozen=True, kw_only=True)
class CheckpointLoaded(Event):
    """A checkpoint was opened to be evaluated on its own."""

    file: str
    model: str
    parameters: int
    data: str
    """The name of the data it is evaluated on."""
    device: str
    epoch: int | None = None
    """None where the file does not say."""
    step: int | None = None


@dataclass(frozen=True, kw_only=True)
class CheckpointFailed(Event):
    """A checkpoint could not be written; training goes on and tries again."""

    error: str
    step: int


@dataclass(frozen=True, kw_only=True)
class StuckAtChance(Event):
    """The loss never left that of guessing: this seed's network is dead."""

    epoch: int
    step: int
    loss: float
    seed: int


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    step: int


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    step: int


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    reason: str
    """`finished` or `stopped`."""
    step: int
    seconds: float
    """Spent training, without pauses and evaluations; a resumed run counts from its resumption."""
    images_per_second: float
    train_loss: float | None = None
    train_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class RunFailed(Event):
    error: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class DownloadStarted(Event):
    """The official digits are fetched next; all before in the file is of another download."""

    url: str
    """Without a password."""
    root: str
    """The data root that they are installed in."""


@dataclass(frozen=True, kw_only=True)
class DownloadAdvanced(Event):
    """How much is there, of what is fetched, in bytes; `total` is 0 where the server does not say."""

    received: int
    total: int
    bytes_per_second: float
    """Of the last seconds; 0 before anything came."""


@dataclass(frozen=True, kw_only=True)
class DataInstalled(Event):
    """The digits are in place, verified."""

    root: str
    train_images: int
    test_images: int


def parse_event(line: str | bytes) -> Event | None:
    """The event of one line; None when the line is foreign, damaged or from a newer program."""
    try:
        record = json.loads(line)
        name = record.pop("event")
        cls, known = _EVENTS[name], _kinds(name)
        values = {name: value for name, value in record.items() if name in known}
        if not all(_fits(value, known[name]) for name, value in values.items()):
            return None
        return cls(**values)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


@cache
def _kinds(event: str) -> dict[str, Any]:
    """The types of an event's fields by their names. Raises `KeyError` where there is no such event."""
    return {f.name: f.type for f in fields(_EVENTS[event])}


def _fits(value: object, kind: Any) -> bool:
    """Whether a JSON value has the type that a field declares; an int serves as a float, a bool as neither."""
    if kind == list[float]:
        return isinstance(value, list) and _NUMBERS.issuperset(map(type, value))
    if get_origin(kind) is dict:
        return isinstance(value, dict)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if get_origin(kind) in (Union, types.UnionType):
        return any(_fits(value, member) for member in get_args(kind))
    return isinstance(value, kind)


class EventLog:
    """Appends to an events.jsonl; each event reaches the file before `write` returns."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` when the file cannot be opened for appending."""
        self._file: IO[str] = path.open("a", encoding="utf-8")
        self._end_broken_line(path)

    def write(self, event: Event) -> None:
        """Raises `OSError` when the disk refuses it, or the file is gone and nobody would read it."""
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
        """A line that a crash cut short must not swallow the next one."""
        with path.open("rb") as existing:
            if existing.seek(0, 2) and existing.seek(-1, 2) >= 0 and existing.read(1) != b"\n":
                self._file.write("\n")
                self._file.flush()


class EventTail:
    """Reads an events.jsonl as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""
        self.restarted = False
        """The file is shorter than what was read of it: it was replaced, and reading began anew."""

    def poll(self, limit: int = 4 << 20) -> list[Event]:
        """The whole lines that came since the last call, from at most `limit` bytes. No file is no events."""
        try:
            with self._path.open("rb") as file:
                self.restarted = file.seek(0, 2) < self._offset
                if self.restarted:
                    self._offset, self._rest = 0, b""
                file.seek(self._offset)
                data = file.read(limit)
        except OSError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [event for line in lines if line and (event := parse_event(line))]


def last_event(path: Path) -> Event | None:
    """The event of the last line; None where there is no file, or that line is long or tells none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LAST_LINE))
            lines = file.read().splitlines()
    except OSError:
        return None
    return parse_event(lines[-1]) if lines else None


def read_events(path: Path, *, batches: bool = True) -> Iterator[Event]:
    """Every event of a file. Without `batches`, those lines are passed over unread: a summary is quick."""
    with path.open("rb") as file:
        for line in file:
            if (batches or b'"event":"batches"' not in line[:40]) and (event := parse_event(line)):
                yield event
