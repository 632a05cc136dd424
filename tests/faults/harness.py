"""Trainers to break, and checks of the runs they leave."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import Batches, Event, RunStarted
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.weights_recording import NOW, RECORDING
from tests.faults.fault import Fault
from tests.support.project import PROJECT

EPOCHS = 3
PATIENCE = 60.0  # seconds


@dataclass(frozen=True)
class Trainer:
    """A trainer forked by the fork server."""

    process: int
    fork_server: "ForkServer"

    def send(self, number: signal.Signals) -> None:
        """Send a signal, which has no effect once the trainer has ended."""
        os.kill(self.process, number)

    def wait(self) -> int:
        """Wait for the exit code, which is negative for a signal."""
        return int(self.fork_server.ask({"wait": self.process})["code"])

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended; `wait` then returns at once."""
        return "Z" in Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()[:1]

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds or the trainer has ended."""
        end = time.monotonic() + PATIENCE
        while not condition() and not self.has_ended:
            assert time.monotonic() < end, f"the condition does not hold after {PATIENCE:g} s"
            time.sleep(0.002)


class ForkServer:
    """Process that has imported torch and forks trainers, as a context manager."""

    def __init__(self, variables: dict[str, str], log: Path) -> None:
        self.log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env={**os.environ, **variables},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=PATIENCE)

    def start(self, *arguments: object, fault: Fault | None = None) -> Trainer:
        """Start a command of the program."""
        command = {"arguments": list(map(str, arguments)), "fault": asdict(fault) if fault else None}
        return Trainer(int(self.ask({"start": {**command, "log": str(self.log)}})["process"]), self)

    def run(self, *arguments: object, fault: Fault | None = None) -> int:
        """Run a command of the program and return its exit code."""
        return self.start(*arguments, fault=fault).wait()

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    @property
    def output(self) -> str:
        """Everything that the commands printed so far."""
        return self.log.read_text() if self.log.exists() else ""


def events_of(run: RunFolder) -> list[Event]:
    return list(read_events(run.events)) if run.events.exists() else []


def has(run: RunFolder, kind: type[Event]) -> bool:
    return any(isinstance(event, kind) for event in events_of(run))


def losses(run: RunFolder) -> dict[int, float]:
    """Return the loss of every step, without those that a resume repeated."""
    found: dict[int, float] = {}
    for event in events_of(run):
        if isinstance(event, RunStarted) and event.resumed_at_step is not None:
            found = {step: loss for step, loss in found.items() if step <= event.resumed_at_step}
        if isinstance(event, Batches):
            for step, loss in zip(range(event.step - len(event.loss) + 1, event.step + 1), event.loss, strict=True):
                assert step not in found, f"step {step} was reported twice"
                found[step] = loss
    return found


def check_whole(run: RunFolder) -> None:
    """Check that every checkpoint under its final name can be read."""
    for path in run.path.glob("*.pt"):
        assert load_checkpoint(path).training is not None


def check_same_end(run: RunFolder, other: RunFolder) -> None:
    """Check that two runs ended equal, bit for bit.

    Compares weights, moments, random states, metrics, losses and the recorded weights.
    """
    one, two = load_checkpoint(run.last_checkpoint), load_checkpoint(other.last_checkpoint)
    assert one.training is not None
    assert two.training is not None
    assert all(torch.equal(one.state_dict[name], two.state_dict[name]) for name in two.state_dict)
    for number, moments in two.training.optimizer.items():
        assert all(torch.equal(one.training.optimizer[number][name], moments[name]) for name in moments)
    assert torch.equal(one.training.random["cpu"], two.training.random["cpu"])
    assert replace(one.training.progress, seconds=0) == replace(two.training.progress, seconds=0)
    assert one.training.metrics == two.training.metrics
    assert losses(run) == losses(other)
    assert (run.path / RECORDING).read_bytes() == (other.path / RECORDING).read_bytes()
    assert not (run.path / NOW).exists()


def check_output(output: str) -> None:
    """Check that the output has no traceback and no unexpected error."""
    assert "Traceback" not in output, output[-4000:]
    assert "Unexpected" not in output, output[-4000:]
