"""A process that imports torch once and forks trainers.

Run as `python -m tests.faults.fork_server`. It reads one command per line: `{"start": {"arguments", "fault", "log"}}`
is answered by `{"process"}`, and `{"wait": process}` by `{"code"}`, which is negative for a signal.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from emnist_tui import cli
from emnist_tui.learning.data import dataset
from emnist_tui.learning.inference import evaluate
from emnist_tui.learning.training import checkpointer, control_poller, resume, trainer
from tests.faults.fault import Fault

_IMPORTED = (dataset, evaluate, resume)  # imported here because a trainer imports them only when it starts


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        answer = {"code": wait(command["wait"])} if "wait" in command else {"process": start(**command["start"])}
        print(json.dumps(answer), flush=True)


def start(arguments: list[str], fault: dict[str, Any] | None, log: str) -> int:
    process = os.fork()
    if process == 0:
        os._exit(run(arguments, fault, Path(log)))
    return process


def wait(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def run(arguments: list[str], fault: dict[str, Any] | None, log: Path) -> int:
    """Run a command of the program that saves ten times a second.

    Trainers otherwise save every 30 seconds.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with log.open("a") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    checkpointer._SAVE_EVERY = 0.1
    checkpointer._RETRY_AFTER = 0.05
    trainer._REPORT_EVERY = 0.01
    control_poller._POLL_EVERY = 0.001
    if fault:
        Fault(**fault).install()
    try:
        code = cli.main(arguments)
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    return code


if __name__ == "__main__":
    main()
