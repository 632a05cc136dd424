"""Requests to a running trainer: control.json, polled at batch boundaries."""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.config import explain_bad_value


class Desired(StrEnum):
    """State that the user requests."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True)
class Control:
    """Content of control.json: a full request, idempotent to write."""

    desired: Desired = Desired.RUN
    saves: int = 0
    """Number of checkpoints requested since the trainer started."""
    learning_rate: float | None = None
    """Learning rate requested since the trainer started; None keeps the run's."""


def read_control(path: Path) -> Control:
    """Read the request; a missing or invalid file requests nothing."""
    try:
        values = json.loads(path.read_bytes())
        saves = values["saves"]
        if isinstance(saves, bool) or not isinstance(saves, int):
            return Control()
        rate = values.get("learning_rate")
        return Control(Desired(values["desired"]), saves, None if explain_bad_value("learning_rate", rate) else rate)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Control()


def write_control(path: Path, control: Control) -> None:
    """Write the request. Raises `OSError` if the folder cannot be written."""
    replace_text(path, json.dumps({name: value for name, value in asdict(control).items() if value is not None}))


def ask_for(path: Path, desired: Desired) -> None:
    """Request a state, keeping the requested checkpoints. Raises `OSError`."""
    write_control(path, replace(read_control(path), desired=desired))


def ask_for_save(path: Path) -> None:
    """Request one more checkpoint, keeping the state. Raises `OSError`."""
    control = read_control(path)
    write_control(path, replace(control, saves=control.saves + 1))


def ask_for_learning_rate(path: Path, rate: float) -> None:
    """Request a learning rate, keeping the other requests. Raises `OSError`."""
    write_control(path, replace(read_control(path), learning_rate=rate))
