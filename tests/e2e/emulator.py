"""A pty whose screen a terminal emulator shows, cell by cell."""

import re
import select
import threading
import time
from collections.abc import Callable, Mapping

import pyte

from tests.e2e.link import Link
from tests.e2e.program import is_computing
from tests.support.terminal_cells import Cell, cells_of

_UNKNOWN = re.compile(rb"\x1b\[[<>=?]?[\d;]*(?:u|\$p|t)|\x1b\[>[\d;]*[a-zA-Z]|\x1b\]9[^\x07]*\x07|\x1bP.*?\x1b\\")
"""Codes that pyte would print: keyboard protocols, requests of modes."""


class Emulator(Link):
    """A program on a pty, and the screen that a terminal shows of it."""

    def __init__(
        self,
        command: list[str],
        variables: Mapping[str, str],
        columns: int = 100,
        rows: int = 30,
        *,
        in_band: bool = False,
    ) -> None:
        """Start the program; with `in_band`, sizes are reported as input too (mode 2048)."""
        self._reports, self._is_asked = in_band, False
        self._lock = threading.Lock()
        self._shown = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._shown)
        self._fed = 0
        super().__init__(command, {"COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **variables}, columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        """Resize, as a terminal does that cuts its screen or adds blank cells."""
        with self._lock:
            self._feed()
            self._shown.resize(rows, columns)
            super().resize(columns, rows)
        if self._reports and self.is_asked:
            self.write(f"\x1b[48;{rows};{columns};{rows * 16};{columns * 8}t")

    @property
    def is_asked(self) -> bool:
        """Answer a request for sizes, and return whether there was one."""
        if not self._is_asked and b"\x1b[?2048$p" in self.output:
            self._is_asked = True
            self.write("\x1b[?2048;2$y")
        return self._is_asked

    def settled_cells(self, seconds: float = 0.3) -> list[list[Cell]]:
        """Return the cells once the program has written nothing, and hardly computed, for a while.

        Of a program that never rests they are those of 20 seconds later.
        """
        end = time.monotonic() + 20
        while time.monotonic() < end and not self._rests(seconds):
            pass
        return self.cells

    def _rests(self, seconds: float) -> bool:
        """Return whether the program waits for input, but for its timers, and has nothing left to read."""
        length, looks, busy = len(self.output), round(seconds / 0.01), 0
        for _ in range(looks):
            time.sleep(0.01)
            busy += is_computing(self.process.pid)
            if busy > looks / 4 or len(self.output) != length:
                return False
        return not select.select([self._master], [], [], 0)[0]

    @property
    def cells(self) -> list[list[Cell]]:
        with self._lock:
            self._feed()
            return cells_of(self._shown)

    @property
    def screen(self) -> str:
        """Return the rows on the screen."""
        with self._lock:
            self._feed()
            return "\n".join(self._shown.display)

    def shows(self, expected: str | Callable[[str], object], timeout: float = 60) -> str:
        """Return the screen once it contains a text or satisfies a condition."""
        test = expected if callable(expected) else lambda screen: expected in screen
        self.wait_until(lambda: test(self.screen), f"{expected!r} is on the screen", timeout)
        return self.screen

    @property
    def recent_output(self) -> str:
        return self.screen

    def _feed(self) -> None:
        """Play what has been written, but for a code that is not yet complete."""
        end = len(self.output)
        escape = self.output.rfind(b"\x1b", max(self._fed, end - 64))
        end = escape if escape >= 0 else end
        self._stream.feed(_UNKNOWN.sub(b"", bytes(self.output[self._fed : end])))
        self._fed = end
