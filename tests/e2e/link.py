"""A pty as a connection that can be cut or stalled."""

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

# Make the pty the program's controlling terminal, as a login does, so that closing it sends a hang-up.
_TAKE_CONTROL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)


class Link:
    """A program on its own pty, as a context manager."""

    def __init__(self, command: list[str], variables: Mapping[str, str], columns: int = 100, rows: int = 30) -> None:
        """Start the program, with `variables` added to its environment."""
        self._master, slave = os.openpty()
        self.output = bytearray()
        """Everything read from the program so far."""
        self.resize(columns, rows)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_CONTROL, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **variables},
        )
        os.close(slave)
        self._is_flowing = threading.Event()
        self._is_flowing.set()
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
        """Type keys; blocks while the program has 4 kB of unread input."""
        rest = keys.encode() if isinstance(keys, str) else keys
        while rest:
            rest = rest[os.write(self._master, rest) :]

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def stall(self) -> None:
        """Stop reading, so that the program's writes fill the pty."""
        self._is_flowing.clear()

    def flow(self) -> None:
        """Read again."""
        self._is_flowing.set()

    def cut(self) -> None:
        """Close this end, so that the program's terminal is gone."""
        if self._is_open:
            self._is_open = False
            self._is_flowing.set()
            self._reader.join()
            os.close(self._master)

    def wait_for(self, text: str, timeout: float = 60) -> None:
        """Wait until the program has written the text contiguously."""
        self.wait_until(lambda: text.encode() in self.output, text, timeout)

    def wait_until(self, condition: Callable[[], object], description: str, timeout: float = 60) -> None:
        """Wait for a condition.

        Fails with the recent output if the condition does not hold in time or the program ends.
        """
        end = time.monotonic() + timeout
        while not condition():
            code = self.process.poll()
            assert code is None, f"exited with {code} before: {description}\n{self.recent_output}"
            assert time.monotonic() < end, f"not within {timeout:g} s: {description}\n{self.recent_output}"
            time.sleep(0.05)

    def until_sent(self, keys: str, text: bytes = b"", timeout: float = 20) -> float:
        """Return the seconds from a key press until a text, or anything, is sent."""
        time.sleep(0.1)
        before, start = len(self.output), time.perf_counter()
        self.write(keys)
        while len(self.output) == before or text not in self.output[before:]:
            assert time.perf_counter() < start + timeout, self.recent_output
            time.sleep(0.001)
        return time.perf_counter() - start

    def wait_until_written(self, code: bytes, timeout: float = 5) -> None:
        """Wait for a code, even after the program has ended."""
        end = time.monotonic() + timeout
        while code not in self.output:
            assert time.monotonic() < end, f"{code!r} was not written:\n{self.recent_output}"
            time.sleep(0.05)

    def wait_until_quiet(self, timeout: float = 1.0) -> None:
        """Wait until nothing is written for a moment, `timeout` seconds at most."""
        end, length = time.monotonic() + timeout, -1
        while length < len(self.output) and time.monotonic() < end:
            length = len(self.output)
            time.sleep(0.05)

    def leave(self) -> int:
        """Quit the app by keys from any screen; return its exit code.

        Types ever more slowly: on a busy machine, an escape read together with the next key is another key.
        """
        end, pause = time.monotonic() + 90, 0.2
        while self.process.poll() is None:
            assert time.monotonic() < end, f"the app does not quit:\n{self.recent_output}"
            for key in ("\x1b", "\x1b", "q", "k"):  # k keeps a run training
                with contextlib.suppress(OSError):  # the app has ended
                    self.write(key)
                time.sleep(pause)
            pause = min(2 * pause, 3.0)
        return self.process.returncode

    @property
    def recent_output(self) -> str:
        """The last 4,000 bytes of the output, for messages."""
        return self.output[-4000:].decode(errors="replace")

    @property
    def traceback(self) -> str | None:
        """The first traceback in the output and everything after it, if any."""
        _, found, after = self.output.partition(b"Traceback")
        return (found + after).decode(errors="replace") if found else None

    def _read(self) -> None:
        while self._is_open:
            if not self._is_flowing.wait(0.1) or not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                self.output += os.read(self._master, 65536)
            except OSError:  # the program has ended
                return


def start_run(link: Link, run: RunFolder) -> None:
    """Start a run of 1,000 epochs in a fresh app."""
    link.wait_for("no run open")
    link.write("n")
    link.wait_for("enter start")
    link.write("\x15")  # ctrl+u: the field has the focus once its error is shown
    link.wait_for("must be a whole number")
    link.write("1000")
    link.wait_for("passes over")
    link.write("\r")
    link.wait_until(lambda: run.events.exists() and events(run, "batches"), "the first batch")
