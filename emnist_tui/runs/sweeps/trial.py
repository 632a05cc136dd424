"""One trial of a sweep: its values, state and result, as trial.json records them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.space import Value


class TrialState(StrEnum):
    """State of a trial in one word."""

    RUNNING = "running"
    """A worker trains it, or has died over it: the board tells these apart as `ORPHANED`."""
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    """Its worker ended before it did; the next worker resumes it."""
    ORPHANED = "orphaned"
    """Its worker shows no sign of life; another adopts it. Never written, only shown."""
    STOPPED = "stopped"
    """Ended by the user, who may have it resumed."""
    FINISHED = "finished"
    PRUNED = "pruned"
    STUCK = "stuck"
    """Trained to its end at the loss of guessing."""
    DIVERGED = "diverged"
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        """Whether no worker will train it, unless the user resumes it."""
        return self in _ENDED

    @property
    def counts(self) -> bool:
        """Whether its result takes part in the comparison."""
        return self in (TrialState.FINISHED, TrialState.STUCK)


_ENDED = frozenset(
    {
        TrialState.STOPPED,
        TrialState.FINISHED,
        TrialState.PRUNED,
        TrialState.STUCK,
        TrialState.DIVERGED,
        TrialState.FAILED,
    }
)
_MOST_EPOCHS_KEPT = 10_000


@dataclass(frozen=True)
class Trial:
    """Content of trial.json, written by the worker that holds the trial's newest claim."""

    number: int
    """1 for `runs/trial-0001`."""
    values: dict[str, Value]
    """A value for each varied field."""
    state: TrialState = TrialState.RUNNING
    reason: str = ""
    """Why it failed, diverged or was pruned, as a sentence."""
    accuracy: float | None = None
    """Best accuracy on the sweep's split so far, 0 to 1."""
    epoch: int = 0
    """Epochs evaluated."""
    curve: list[float] = field(default_factory=list)
    """Accuracy after each epoch, 0 to 1."""
    test_accuracy: float | None = None
    """Accuracy on the test split, of seeds and of nothing else."""
    seconds: float = 0.0
    """Training time of its epochs."""
    worker: str = ""
    """Worker that trains or trained it."""
    host: str = ""
    began: float = 0.0
    """Unix seconds."""
    ended: float | None = None
    """Unix seconds; None until it has ended."""

    def to_json(self) -> dict[str, Any]:
        values = {name: value for name, value in self.__dict__.items() if value is not None}
        return {"format": 1, **values, "state": str(self.state)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Restore a trial. Raises `TypeError`, `KeyError` or `ValueError` for anything else."""
        curve = [_share(value) for value in values.get("curve", ())[:_MOST_EPOCHS_KEPT]]
        if not isinstance(values["values"], dict) or not isinstance(values["number"], int):
            raise TypeError("not a trial")
        return cls(
            number=values["number"],
            values={
                str(name): value for name, value in values["values"].items() if isinstance(value, int | float | str)
            },
            state=TrialState(values["state"]),
            reason=str(values.get("reason", "")),
            accuracy=_optional_share(values.get("accuracy")),
            epoch=int(values.get("epoch", 0)),
            curve=[value for value in curve if value is not None],
            test_accuracy=_optional_share(values.get("test_accuracy")),
            seconds=_finite(values.get("seconds", 0.0)),
            worker=str(values.get("worker", "")),
            host=str(values.get("host", "")),
            began=_finite(values.get("began", 0.0)),
            ended=None if values.get("ended") is None else _finite(values["ended"]),
        )


def read_trial(path: Path) -> Trial | None:
    """Read trial.json; None if it is missing or damaged."""
    try:
        return Trial.from_json(json.loads(read_small(path)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def write_trial(path: Path, trial: Trial) -> None:
    """Write trial.json. Raises `OSError`."""
    replace_text(path, json.dumps(trial.to_json()))


def _share(value: object) -> float:
    number = _finite(value)
    if not 0 <= number <= 1:
        raise ValueError("not an accuracy")
    return number


def _optional_share(value: object) -> float | None:
    return None if value is None else _share(value)


def _finite(value: object) -> float:
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number
