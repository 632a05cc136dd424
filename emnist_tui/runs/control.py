"""What a user asks of a running trainer: control.json, read by the trainer at batch boundaries."""

import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from emnist_tui.runs.atomic_files import replace_text


class Desired(StrEnum):
    """The state that the user wants."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True)
class Control:
    """The wish as a whole, so that writing it twice changes nothing."""

    desired: Desired = Desired.RUN
    saves: int = 0
    """How many times a checkpoint was asked for since its trainer began."""


def read_control(path: Path) -> Control:
    """The control file's content; the default where it is missing or not a control file."""
    try:
        values = json.loads(path.read_bytes())
        saves = values["saves"]
        if isinstance(saves, bool) or not isinstance(saves, int):
            return Control()
        return Control(Desired(values["desired"]), saves)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Control()


def write_control(path: Path, control: Control) -> None:
    """Raises `OSError` when the folder cannot be written."""
    replace_text(path, json.dumps(asdict(control)))


def ask_for(path: Path, desired: Desired) -> None:
    write_control(path, replace(read_control(path), desired=desired))


def ask_for_save(path: Path) -> None:
    control = read_control(path)
    write_control(path, replace(control, saves=control.saves + 1))
