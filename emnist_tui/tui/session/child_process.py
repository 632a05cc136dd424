"""Processes that this terminal started: trainers, evaluations, downloads and searches."""

import subprocess
from pathlib import Path

from emnist_tui.runs import launch


class ChildProcess:
    """A launched process that may outlive the app."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def is_alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    @property
    def has_failed(self) -> bool:
        """True once the process exited with an error; False after a signal."""
        return not self.is_alive and (self._process.returncode or 0) > 0

    def kill(self) -> None:
        """Kill the process and wait for its end."""
        self._process.kill()
        self._process.wait()

    def detach(self) -> None:
        """Leave the process running without a warning that nobody waited for it.

        Python warns when a `Popen` object goes away before its process has ended.
        """
        if self._process.returncode is None:
            self._process.returncode = 0


def last_log_line(log: Path) -> str | None:
    """Return the last line of a log without the program's name.

    None if the log is missing or empty.
    """
    line = launch.last_log_line(log)
    return line.removeprefix("emnist-tui: ") if line else None
