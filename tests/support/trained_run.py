"""A run of a few seconds on small digits, and readers of a run's folder."""

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.cli import main
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Result
from tests.support.emnist_files import draw_arrows, write_archive

TRAIN, TEST = 640, 200
OTHER_TEST = 100
EPOCHS = 6
STEPS = EPOCHS * TRAIN // 32
NAME = "EMNIST digits (unverified copy)"

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Trained:
    """A finished run, to read or to copy."""

    run: RunFolder
    result: Result
    """Output of the command that trained it."""


def write_small_archive(path: Path) -> Path:
    """Write the data of the trained run."""
    write_archive(path, *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    return path


def train_arguments(data: object, root: object, *options: object) -> list[str]:
    """Build the command line of `train` on the CPU."""
    return [str(word) for word in ("train", "--data", data, "--checkpoints", root, "--device", "cpu", *options)]


def train_run(archive: Path, root: Path) -> Trained:
    """Train the run `first` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(train_arguments(archive, root, "--epochs", EPOCHS, "--name", "first"))
    return Trained(RunFolder(root / "first"), Result(code, out.getvalue(), err.getvalue()))


def events_of(run: RunFolder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.events.read_text().splitlines()] if run.events.exists() else []


def named(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def has_event(run: RunFolder, name: str) -> Callable[[], bool]:
    """Return a condition for `Process.wait_until`."""
    return lambda: bool(named(events_of(run), name))


def weights(path: Path) -> Weights:
    loaded: Weights = torch.load(path, weights_only=True)["state_dict"]
    return loaded


def same_weights(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def stored_evaluation(run: RunFolder, epoch: int = EPOCHS) -> Evaluation:
    """Load the evaluation that a run stored after an epoch."""
    return Evaluation.load(run.path / f"evaluation-epoch-{epoch:03d}.npz")
