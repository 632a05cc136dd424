"""Faults in a process: kills during a write, and failing disks."""

import builtins
import errno
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from emnist_tui.learning.checkpoint import format
from emnist_tui.runs import atomic_files, event_log, events

KILL = "kill"
IN_PLACE = "in place"
"""A planted defect: checkpoints overwrite the existing file, and the fault strikes halfway."""

PLACES = ("write", "sync", "replace", "replaced")
"""Places in an atomic write: halfway through it, before fsync, before and after the rename."""


@dataclass(frozen=True)
class Fault:
    """A fault in some writes of one kind of file.

    It strikes in the writes `first` to `last`, counted from 0.
    """

    effect: str
    """`kill`, or the name of an errno such as `ENOSPC`."""
    kind: str
    """Beginning or end of the file's name: `.pt`, `.npz`, `events`, `control`."""
    place: str
    """One of `PLACES`, or `IN_PLACE`; for `events` only `write`."""
    first: int
    last: int

    def install(self) -> None:
        """Inject the fault into this process from now on."""
        _Injector(self).install()


class _Injector:
    """Replacement of the functions that write files, counting their calls."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._calls = 0
        self._open: dict[int, str] = {}

    def install(self) -> None:
        if self._fault.kind == "events":
            self._break_events()
        elif self._fault.place == IN_PLACE:
            self._write_in_place()
        else:
            self._break_replacing()

    def strike(self, half: IO[Any] | None = None, content: Any = None) -> None:
        """Count a call; fail in chosen ones after half the content."""
        call, self._calls = self._calls, self._calls + 1
        if not self._fault.first <= call <= self._fault.last:
            return
        if half is not None:
            half.write(content[: len(content) // 2])
            half.flush()
        if self._fault.effect == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self._fault.effect)
        raise OSError(number, os.strerror(number))

    def _break_events(self) -> None:
        write = event_log.EventLog.write

        def broken(log: event_log.EventLog, event: events.Event) -> None:
            self.strike(log._file, event.to_line())
            write(log, event)

        event_log.EventLog.write = broken  # type: ignore[method-assign, assignment]

    def _write_in_place(self) -> None:
        injector = self

        class InPlace:
            def __init__(self, path: Path) -> None:
                self._file = path.open("wb")

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                self._file.close()

            def write(self, content: Any) -> None:
                injector.strike(self._file, bytes(content))
                self._file.write(content)

        format.replacing = InPlace  # type: ignore[assignment, attr-defined]

    def _break_replacing(self) -> None:
        """Replace the steps of `atomic_files.replacing`: temporary file, write, fsync, rename."""
        make, sync, replace = builtins.open, os.fsync, Path.replace

        def is_target(name: str) -> bool:
            return name.startswith(self._fault.kind) or name.endswith(self._fault.kind)

        def opened(path: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            file = make(path, mode, *arguments, **named)
            if mode == "xb":
                # Without the random part of the name, which could begin with "pt" after a dot.
                self._open[file.fileno()] = Path(path).name.strip(".").rsplit(".", 2)[0]
            if self._fault.place == "write" and mode == "xb" and is_target(self._open.get(file.fileno(), "")):
                write = file.write

                class Broken:
                    """The file, whose writes strike."""

                    def __enter__(self) -> Any:
                        file.__enter__()
                        return self

                    def __exit__(self, *raised: Any) -> None:
                        file.__exit__(*raised)

                    def __getattr__(self, name: str) -> Any:
                        return getattr(file, name)

                    def write(broken, content: Any) -> Any:  # noqa: N805 - `self` is the injector
                        self.strike(file, bytes(content))
                        return write(content)

                return Broken()
            return file

        def synced(descriptor: int) -> None:
            if self._fault.place == "sync" and is_target(self._open.get(descriptor, "")):
                self.strike()
            sync(descriptor)

        def replaced(path: Path, target: Path) -> Path:
            is_chosen = is_target(target.name)
            if is_chosen and self._fault.place == "replace":
                self.strike()
            result = replace(path, target)
            if is_chosen and self._fault.place == "replaced":
                self.strike()
            return result

        atomic_files.open = opened  # type: ignore[attr-defined]
        os.fsync = synced  # type: ignore[assignment]
        Path.replace = replaced  # type: ignore[assignment, method-assign]
