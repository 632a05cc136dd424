"""A terminal at the far end of a link that can be cut or stalled: a pty whose other end the test holds."""

import contextlib
import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from typing import Self

from emnist_tui.runs.folder import RunFolder
from tests.e2e.program import events

# The pty becomes the controlling terminal of the program, as a shell's login makes it, so that its end is a hang-up.
_IN_CONTROL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)


class Link:
    """A program on a pty of its own. Use it as a context manager."""

    def __init__(self, command: list[str], variables: Mapping[str, str], columns: int = 100, rows: int = 30) -> None:
        """`variables` are added to the program's environment."""
        self._master, slave = os.openpty()
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _IN_CONTROL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **variables},
        )
        os.close(slave)
        self.output = bytearray()
        """Everything that the program wrote and the link took."""
        self._flows = threading.Event()
        self._flows.set()
        self._is_open = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self.cut()

    def write(self, keys: str | bytes) -> None:
        """A program that is slow to read them makes this wait: a pty takes no more than 4 kB at once."""
        rest = keys.encode() if isinstance(keys, str) else keys
        while rest:
            rest = rest[os.write(self._master, rest) :]

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def stall(self) -> None:
        """From now on takes no more bytes of the program's than a pty holds."""
        self._flows.clear()

    def flow(self) -> None:
        """Takes them again."""
        self._flows.set()

    def cut(self) -> None:
        """Closes this end: the program's terminal is gone."""
        if self._is_open:
            self._is_open = False
            self._flows.set()
            self._reader.join()
            os.close(self._master)

    def wait_for(self, text: str, timeout: float = 60) -> None:
        """Until the program has written the text, in one piece."""
        self.wait_until(lambda: text.encode() in self.output, text, timeout)

    def wait_until(self, happened: Callable[[], object], what: str, timeout: float = 60) -> None:
        end = time.monotonic() + timeout
        while not happened():
            assert self.process.poll() is None, f"ended with {self.process.returncode} before: {what}\n{self.words}"
            assert time.monotonic() < end, f"not within {timeout:g} s: {what}\n{self.words}"
            time.sleep(0.05)

    def wait_until_written(self, code: bytes, timeout: float = 5) -> None:
        """As `wait_for`, also of what a program that has ended left in the link."""
        end = time.monotonic() + timeout
        while code not in self.output:
            assert time.monotonic() < end, f"{code!r} was not written:\n{self.words}"
            time.sleep(0.05)

    def wait_until_quiet(self, most: float = 1.0) -> None:
        """Until nothing was written for a moment, as when every key is handled; a screen that moves never is."""
        end, length = time.monotonic() + most, -1
        while length < len(self.output) and time.monotonic() < end:
            length = len(self.output)
            time.sleep(0.05)

    def leave(self) -> int:
        """Leaves the app by its keys, whatever is on its screen; the exit code.

        On a busy machine more and more slowly: an escape that is read together with the next key is another key.
        """
        end, pause = time.monotonic() + 90, 0.2
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not let go:\n{self.words}"
            for key in ("\x1b", "\x1b", "q", "k"):  # k answers what becomes of a run that trains
                with contextlib.suppress(OSError):  # it has ended
                    self.write(key)
                time.sleep(pause)
            pause = min(2 * pause, 3.0)
        return self.process.returncode

    @property
    def words(self) -> str:
        return self.output[-4000:].decode(errors="replace")

    @property
    def traceback(self) -> str | None:
        """The first traceback that was written, and all that came after it."""
        _, found, after = self.output.partition(b"Traceback")
        return (found + after).decode(errors="replace") if found else None

    def _read(self) -> None:
        while self._is_open:
            if not self._flows.wait(0.1) or not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                self.output += os.read(self._master, 65536)
            except OSError:  # the program has ended
                return


def start_run(link: Link, run: RunFolder) -> None:
    """In the app that has just been started: by its form, a run that ends when it is told to."""
    link.wait_for("no run open")
    link.write("n")
    link.wait_for("enter starts")
    link.write("\x15")  # ctrl+u: the field has the focus once it says what is missing
    link.wait_for("must be a whole number")
    link.write("1000")
    link.wait_for("passes over")
    link.write("\r")
    link.wait_until(lambda: run.events.exists() and events(run, "batches"), "the first batch")
