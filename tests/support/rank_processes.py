"""Ranks as processes of their own, started as torchrun starts them or by it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.process import PROGRAM, Process, environment

TORCHRUN = [sys.executable, "-m", "torch.distributed.run"]


@dataclass
class RankProcess(Process):
    """One rank, or an agent of torchrun."""

    output: Path
    """File that takes what it prints on stderr."""

    @property
    def errors(self) -> str:
        return self.output.read_text()

    def end(self) -> tuple[int, str]:
        """Wait for the end, and return the exit code and what was printed on stdout."""
        out, _ = self.popen.communicate(timeout=60)
        return self.popen.returncode, out


@contextmanager
def rank_processes(
    size: int,
    folder: Path,
    *arguments: object,
    variables: Sequence[Mapping[str, str]] = (),
    program: Sequence[str] = PROGRAM,
) -> Iterator[list[RankProcess]]:
    """Start `size` ranks without torchrun, and kill them at the end.

    `variables` are further ones of each rank's environment.
    """
    shared = {"WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    own = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(size)]
    for each, more in zip(own, variables, strict=False):
        each.update(more)
    with ended_processes() as start:
        yield [
            start([*program, *map(str, arguments)], folder / f"rank-{rank}.err", {**shared, **each})
            for rank, each in enumerate(own)
        ]


@contextmanager
def ended_processes() -> Iterator[Callable[[list[str], Path, Mapping[str, str]], RankProcess]]:
    """Give a function that starts processes, which are killed at the end with what they started."""
    started: list[RankProcess] = []

    def start(command: list[str], errors: Path, variables: Mapping[str, str]) -> RankProcess:
        with errors.open("w") as file:
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                env={**environment(), "OMP_NUM_THREADS": "1", **variables},
                start_new_session=True,
            )
        started.append(RankProcess(popen, errors))
        return started[-1]

    try:
        yield start
    finally:
        for each in started:
            for process in (*children(each.popen.pid), each.popen.pid):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            each.popen.communicate()


def children(process: int) -> list[int]:
    """Return the processes that a process has started, the oldest first."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    try:
        return sorted(int(number) for task in tasks for number in task.read_text().split())
    except OSError:
        return []


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
