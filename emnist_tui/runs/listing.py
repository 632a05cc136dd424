"""The rows of the list of runs and checkpoints, as `emnist-tui runs` prints and the app shows them."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emnist_tui.runs.folder import RunFolder, modified
from emnist_tui.runs.record import summarize


@dataclass(frozen=True)
class Entry:
    """One run or bare checkpoint. What the file does not say is None."""

    name: str
    path: Path
    kind: str
    """`run` or `checkpoint`."""
    time: float
    """Unix seconds of its last change."""
    state: str
    model: str | None = None
    data: str | None = None
    epoch: int | None = None
    epochs: int | None = None
    step: int | None = None
    seed: int | None = None
    test_accuracy: float | None = None
    problem: str | None = None
    """Why it cannot be opened."""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}


def describe_run(folder: RunFolder) -> Entry:
    """Reads a run's events but for its batches."""
    record = summarize(folder)
    evaluated = record.last_evaluation()
    return Entry(
        name=folder.name,
        path=folder.path,
        kind="run",
        time=record.last_time or modified(folder.run_json),
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
    """A checkpoint as far as it is known without reading it."""
    return Entry(name=path.name, path=path, kind="checkpoint", time=modified(path), state="checkpoint")
