"""One trial of a sweep: values, state and result in trial.json."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from sys import intern
from typing import Any, Self

from emnist_tui.runs.atomic_files import replace_text
from emnist_tui.runs.json_values import optional, seconds, share, text, whole
from emnist_tui.runs.small_files import read_small
from emnist_tui.runs.sweeps.space import Value, explain_bad_point_value, variable_fields


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
        return self in COUNTING


COUNTING = frozenset({TrialState.FINISHED, TrialState.STUCK})
"""States whose results take part in the comparison."""
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
_MOST_EPOCHS = 10_000
_MOST_DIGITS = 6
_LONGEST_REASON = 2_000
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """Content of trial.json, written by the trial's owner."""

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
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        known = {name: value for name, value in values.items() if value is not None}
        return {"format": 1, **known, "state": str(self.state)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Restore a trial. Raises `TypeError`, `KeyError`, `ValueError` or `AttributeError` for anything else."""
        curve = values.get("curve", [])
        if not isinstance(curve, list) or len(curve) > _MOST_EPOCHS:
            raise ValueError("not a curve")
        state = TrialState(values["state"])
        return cls(
            number=whole(values["number"], 1, 10**_MOST_DIGITS - 1),
            values=_point(values["values"]),
            state=TrialState.RUNNING if state is TrialState.ORPHANED else state,
            reason=text(values.get("reason", ""), _LONGEST_REASON),
            accuracy=optional(share, values.get("accuracy")),
            epoch=whole(values.get("epoch", 0), 0, _MOST_EPOCHS),
            curve=[share(value) for value in curve],
            test_accuracy=optional(share, values.get("test_accuracy")),
            seconds=seconds(values.get("seconds", 0.0)),
            worker=intern(text(values.get("worker", ""), _LONGEST_NAME)),
            host=intern(text(values.get("host", ""), _LONGEST_NAME)),
            began=seconds(values.get("began", 0.0)),
            ended=optional(seconds, values.get("ended")),
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


def _point(values: object) -> dict[str, Value]:
    """Check a trial's values, of which unknown fields are left out."""
    if not isinstance(values, dict):
        raise TypeError("not a point")
    point = {intern(name): value for name, value in values.items() if name in variable_fields()}
    for name, value in point.items():
        if explain_bad_point_value(name, value):
            raise ValueError(f"no value of {name}")
    return point
