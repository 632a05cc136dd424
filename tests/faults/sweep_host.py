"""The program on a machine of its own: another name and clock, a file system without locks.

Run as `python -m tests.faults.sweep_host HOST SECONDS ARGUMENTS…`; the clock is so many seconds off.
"""

import errno
import fcntl
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

from emnist_tui import cli
from emnist_tui.learning.training import checkpointer, trainer
from emnist_tui.runs.sweeps import claims, heartbeat, worker

_SILENT = 3.0  # seconds, in place of a minute


def main() -> int:
    host, seconds, *arguments = sys.argv[1:]
    flock, clock = fcntl.flock, time.time

    def refuse(descriptor: Any, operation: int) -> None:
        """Refuse locks wherever other machines look."""
        number = descriptor if isinstance(descriptor, int) else descriptor.fileno()
        if not Path(f"/proc/self/fd/{number}").readlink().is_relative_to(os.environ["TMPDIR"]):
            raise OSError(errno.ENOLCK, "No locks available")
        flock(descriptor, operation)

    fcntl.flock = refuse
    time.time = lambda: clock() + float(seconds)
    socket.gethostname = lambda: host
    for module in (worker, claims):
        vars(module)["SILENT"] = _SILENT
    vars(heartbeat)["BEAT"] = 1.0
    checkpointer._SAVE_EVERY = 0.1
    trainer._REPORT_EVERY = 0.01
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
