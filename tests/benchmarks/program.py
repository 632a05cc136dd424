"""The program as users run it: headless, and in the app."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.link import Link
from tests.e2e.program import events, only_run, processor_time, wait_until

COLUMNS, ROWS = 120, 40
SETTLED = 3.0  # seconds after which startup is over


def program_of(checkout: Path) -> list[str]:
    """Return the command that starts the program of a checkout."""
    return [sys.executable, "-P", str(checkout.absolute() / "emnist_tui" / "__main__.py")]


@dataclass(frozen=True)
class TorchImport:
    """The import of torch alone, the floor of a trainer's startup."""

    seconds: float
    memory: int
    """Peak bytes."""


def import_torch() -> TorchImport:
    """Measure `python -c "import torch"`."""
    command = "import torch, pathlib; print(pathlib.Path('/proc/self/status').read_text())"
    start = time.perf_counter()
    # Its own word: the peak that `wait4` returns begins with the memory of this process, from before `exec`.
    status = subprocess.run([sys.executable, "-c", command], check=True, capture_output=True, text=True).stdout
    return TorchImport(time.perf_counter() - start, _peak(status))


def headless(program: Sequence[str], root: Path, name: str, epochs: int) -> float:
    """Return the seconds per step that the run itself reports."""
    command = [*program, "--checkpoints", str(root), "train", "--epochs", str(epochs), "--name", name, "--json"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return 32 / float(json.loads(lines[-1])["images_per_second"])


@dataclass(frozen=True)
class Watched:
    """Measurements of a run with the app open."""

    step: float
    """Seconds per step."""
    first_batch: float
    """Seconds from Enter in the form of a new run to its first batch."""
    processor: float
    """Share of one core used by the app during training."""
    bytes_per_second: float
    """Bytes per second to the terminal during training."""
    idle_bytes: int
    """Bytes to the terminal in three seconds after the run."""
    app_memory: int
    """Peak bytes."""
    trainer_memory: int
    """Peak bytes."""
    torch: TorchImport
    """The import of torch, just before."""


def watched(program: Sequence[str], root: Path, *options: str) -> Watched:
    """Measure a run of the documented recipe, started by keys."""
    torch = import_torch()
    with app(program, root, *options) as link:
        link.wait_for("no run open")
        time.sleep(SETTLED)
        link.write("n")
        link.wait_for("passes over")  # the form's hint about epochs
        time.sleep(SETTLED)
        pressed = time.time()
        link.write("\r")
        wait_until(lambda: root.exists() and any(root.iterdir()), 60)
        run = only_run(root)
        wait_until(lambda: run.events.exists() and events(run, "batches"), 120)
        first_batch = events(run, "batches")[0]["time"] - pressed
        trainer = _trainer_of(link.process.pid)
        trainer_memory = 0
        sent, used, since = len(link.output), processor_time(link.process.pid), time.monotonic()
        while not events(run, "run_ended"):
            trainer_memory = max(trainer_memory, _most_memory(trainer))
            time.sleep(0.2)
        seconds = time.monotonic() - since
        sent, used = len(link.output) - sent, processor_time(link.process.pid) - used
        time.sleep(SETTLED)
        idle = len(link.output)
        time.sleep(3)
        return Watched(
            step=32 / events(run, "run_ended")[0]["images_per_second"],
            first_batch=first_batch,
            processor=used / seconds,
            bytes_per_second=sent / seconds,
            idle_bytes=len(link.output) - idle,
            app_memory=_most_memory(link.process.pid),
            trainer_memory=trainer_memory,
            torch=torch,
        )


def app(program: Sequence[str], root: Path, *options: str) -> Link:
    """Start the app at a runs directory."""
    variables = {"EMNIST_TUI_SETTINGS": str(root.with_name("settings.toml"))}
    return Link([*program, "--checkpoints", str(root), *options], variables, COLUMNS, ROWS)


def _trainer_of(app: int) -> int:
    children = Path(f"/proc/{app}/task/{app}/children")
    wait_until(lambda: children.read_text().split())
    return int(children.read_text().split()[0])


def _most_memory(process: int) -> int:
    """Return the peak resident bytes, 0 for an ended process."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return _peak(status)


def _peak(status: str) -> int:
    """Read the peak resident bytes from a process's status, 0 for an ended process."""
    lines = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) * 1024 if lines else 0
