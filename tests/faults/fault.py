"""One thing that goes wrong in a process: it is killed in the middle of a write, or the disk refuses."""

import errno
import os
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from emnist_tui.learning.checkpoint import format
from emnist_tui.runs import event_log, events

KILL = "kill"
IN_PLACE = "in place"
"""A planted defect: checkpoints are written over the file that is there, and it strikes in the middle."""

PLACES = ("write", "sync", "replace", "replaced")
"""Of a file that is written whole: in the middle of its bytes, before fsync, before it takes its name, after."""


@dataclass(frozen=True)
class Fault:
    """Strikes at the `first` to the `last` call, counted from 0, at one place of writing files of one kind."""

    what: str
    """`kill`, or the name of an errno: `ENOSPC`, `EIO`."""
    kind: str
    """How the file's name begins or ends: `.pt`, `.npz`, `events`, `control`."""
    place: str
    """One of `PLACES`, or `IN_PLACE`; for `events` only `write`."""
    first: int
    last: int

    def set(self) -> None:
        """From now on, in this process."""
        _Striker(self).install()


class _Striker:
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
        """Counts a call, and does harm if it is one of those meant, after half of the content is written."""
        call, self._calls = self._calls, self._calls + 1
        if not self._fault.first <= call <= self._fault.last:
            return
        if half is not None:
            half.write(content[: len(content) // 2])
            half.flush()
        if self._fault.what == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self._fault.what)
        raise OSError(number, os.strerror(number))

    def _break_events(self) -> None:
        write = event_log.EventLog.write

        def broken(log: event_log.EventLog, event: events.Event) -> None:
            self.strike(log._file, event.to_line())
            write(log, event)

        event_log.EventLog.write = broken  # type: ignore[method-assign, assignment]

    def _write_in_place(self) -> None:
        striker = self

        class InPlace:
            def __init__(self, path: Path) -> None:
                self._file = path.open("wb")

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                self._file.close()

            def write(self, content: Any) -> None:
                striker.strike(self._file, bytes(content))
                self._file.write(content)

        format.replacing = InPlace  # type: ignore[assignment, attr-defined]

    def _break_replacing(self) -> None:
        """`emnist_tui.runs.atomic_files.replacing` makes a temporary file, writes, syncs and replaces."""
        make, sync, replace = tempfile.mkstemp, os.fsync, Path.replace
        fdopen = os.fdopen

        def is_meant(name: str) -> bool:
            return name.startswith(self._fault.kind) or name.endswith(self._fault.kind)

        def made(*arguments: Any, **named: Any) -> tuple[int, str]:
            descriptor, name = make(*arguments, **named)
            # Without what is random in the name: it could begin with "pt" after a dot.
            self._open[descriptor] = str(named.get("prefix", "")).strip(".")
            return descriptor, name

        def opened(descriptor: int, *arguments: Any, **named: Any) -> Any:
            file = fdopen(descriptor, *arguments, **named)
            if self._fault.place == "write" and is_meant(self._open.get(descriptor, "")):
                write = file.write

                class Broken:
                    """The file, which strikes when it is written to."""

                    def __enter__(self) -> Any:
                        file.__enter__()
                        return self

                    def __exit__(self, *raised: Any) -> None:
                        file.__exit__(*raised)

                    def __getattr__(self, name: str) -> Any:
                        return getattr(file, name)

                    def write(broken, content: Any) -> Any:  # noqa: N805 - `self` is the striker
                        self.strike(file, bytes(content))
                        return write(content)

                return Broken()
            return file

        def synced(descriptor: int) -> None:
            if self._fault.place == "sync" and is_meant(self._open.get(descriptor, "")):
                self.strike()
            sync(descriptor)

        def replaced(path: Path, target: Path) -> Path:
            meant = is_meant(target.name)
            if meant and self._fault.place == "replace":
                self.strike()
            done = replace(path, target)
            if meant and self._fault.place == "replaced":
                self.strike()
            return done

        tempfile.mkstemp = made  # type: ignore[assignment]
        os.fdopen = opened  # type: ignore[assignment]
        os.fsync = synced  # type: ignore[assignment]
        Path.replace = replaced  # type: ignore[assignment, method-assign]
