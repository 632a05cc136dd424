"""A process that answers frames as a test tells it to."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO, Any

from tests.support.process import environment

ECHO = """
import sys
from emnist_tui.runs.frames import Frame, read_frame, write_frame
while request := read_frame(sys.stdin.buffer):
    answer = request
    {steps}
    write_frame(sys.stdout.buffer, answer)
"""
"""Text of a server that returns each request, after `steps`."""


def server_of(steps: str = "pass") -> Callable[[IO[bytes]], "subprocess.Popen[bytes]"]:
    """Return what starts a server of these steps."""

    def start(stderr: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", ECHO.format(steps=steps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment(),
        )

    return start


def wait_for(happened: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait for a condition and return what it gives."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, "timed out"
        time.sleep(0.005)
    return found
