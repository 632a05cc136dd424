"""The program as a user starts it, and what it leaves in a run's folder."""

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
"""Images of the data that the tests train on."""

STEPS_PER_EPOCH = TRAIN // 32
PROGRAM = (sys.executable, "-m", "emnist_tui")


def headless(variables: dict[str, str], *arguments: str) -> None:
    """The same program without a terminal."""
    subprocess.run(
        [*PROGRAM, *arguments], env={**os.environ, **variables}, check=True, capture_output=True, timeout=280
    )


def only_run(root: Path) -> RunFolder:
    (path,) = root.iterdir()
    return RunFolder(path)


def events(run: RunFolder, name: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in run.events.read_text().splitlines()]
    return [event for event in found if event["event"] == name]


def last_step(run: RunFolder) -> int:
    return int(events(run, "batches")[-1]["step"])


def wait_until(happened: Callable[[], object], timeout: float = 30) -> None:
    """For what is seen in the run's folder and not on the screen."""
    end = time.monotonic() + timeout
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def processor_time(process: int) -> float:
    """Seconds that a process has computed; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(checkpoint, weights_only=True)["state_dict"]
    return loaded
