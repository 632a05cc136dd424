"""Entries of the list of runs and checkpoints."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emnist_tui.runs.folder import RunFolder, modified
from emnist_tui.runs.record import summarize


@dataclass(frozen=True)
class Entry:
    """One run or bare checkpoint; values missing from its file are None."""

    name: str
    path: Path
    kind: str
    """`run` or `checkpoint`."""
    time: float
    """Time of the last change, Unix seconds."""
    state: str
    model: str | None = None
    data: str | None = None
    epoch: int | None = None
    epochs: int | None = None
    step: int | None = None
    seed: int | None = None
    test_accuracy: float | None = None
    problem: str | None = None
    """Reason why it cannot be opened."""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def describe_run(folder: RunFolder) -> Entry:
    """Summarize a run from its events, skipping batches."""
    record = summarize(folder)
    evaluated = record.last_evaluation()
    return Entry(
        name=folder.name,
        path=folder.path,
        kind="run",
        time=record.last_time or modified(folder.run_json) or modified(folder.path),
        state=record.state(is_training=folder.is_training()),
        model=record.started.model if record.started else None,
        data=record.started.data if record.started else None,
        epoch=len(record.epochs),
        epochs=record.config.epochs if record.config else None,
        step=max([record.step, *(epoch.step for epoch in record.epochs)], default=0),
        seed=record.config.seed if record.config else None,
        test_accuracy=evaluated.accuracy if evaluated else None,
    )


def bare_checkpoint(path: Path) -> Entry:
    """Describe a checkpoint without reading it."""
    return Entry(name=path.name, path=path, kind="checkpoint", time=modified(path), state="checkpoint")
