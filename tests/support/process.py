"""The program in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.support.call import Result
from tests.support.project import PROJECT

PROGRAM = [sys.executable, "-m", "emnist_tui"]


def environment() -> dict[str, str]:
    """Return the environment in which this project is imported from any directory and output is buffered."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "PYTHONPATH": str(PROJECT)}


@dataclass
class Process:
    """A running command."""

    popen: "subprocess.Popen[str]"

    def wait(self) -> Result:
        out, err = self.popen.communicate(timeout=60)
        return Result(self.popen.returncode, out, err)

    def wait_until(self, happened: Callable[[], object], seconds: float = 60) -> None:
        """Wait for a condition. Fails if the process ends before."""
        end = time.monotonic() + seconds
        while not happened():
            assert self.popen.poll() is None, self.wait()
            assert time.monotonic() < end, "timed out"
            time.sleep(0.02)


def spawn(*arguments: object) -> Process:
    """Start a command as a shell would."""
    return Process(
        subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
        )
    )
