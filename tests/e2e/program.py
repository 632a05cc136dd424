"""The program as users start it, and the run folders it writes."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from emnist_tui.runs.folder import RunFolder

TRAIN, TEST = 20_000, 2_000
"""Images of the splits that the tests train and evaluate on."""

STEPS_PER_EPOCH = TRAIN // 32
PROGRAM = (sys.executable, "-m", "emnist_tui")


def headless(variables: dict[str, str], *arguments: str) -> None:
    """Run the program without a terminal, and check its exit code."""
    subprocess.run(
        [*PROGRAM, *arguments], env={**os.environ, **variables}, check=True, capture_output=True, timeout=280
    )


def only_run(root: Path) -> RunFolder:
    """Return the single run in a runs directory."""
    (path,) = root.iterdir()
    return RunFolder(path)


def events(run: RunFolder, name: str) -> list[dict[str, Any]]:
    """Return a run's events of one name."""
    lines = run.events.read_text().split("\n")[:-1]  # without one that is being written
    found = [json.loads(line) for line in lines]
    return [event for event in found if event["event"] == name]


def last_step(run: RunFolder) -> int:
    return int(events(run, "batches")[-1]["step"])


def wait_until(condition: Callable[[], object], timeout: float = 30) -> None:
    """Wait for a condition that does not depend on a terminal."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"the condition does not hold after {timeout:g} s"
        time.sleep(0.05)


def processor_time(process: int) -> float:
    """Return the CPU seconds of a process, 0 without `/proc`."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_computing(process: int) -> bool:
    """Return whether a thread of a process runs or waits for a processor, however busy the machine is.

    False without `/proc`.
    """
    for thread in Path(f"/proc/{process}/task").glob("*/stat"):
        with contextlib.suppress(OSError):  # the thread has ended
            if thread.read_text().rpartition(")")[2].split()[0] in "RD":
                return True
    return False


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(checkpoint, weights_only=True)["state_dict"]
    return loaded
