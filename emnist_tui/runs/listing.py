"""Entries of the list of runs and checkpoints."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from emnist_tui.runs.about import About, read_about
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder, is_closed, is_file, modified
from emnist_tui.runs.record import RunRecord, RunState, summarize

_LIVE = frozenset(state for state in RunState if state.is_live)


@dataclass(frozen=True)
class Entry:
    """One run, sweep or bare checkpoint; unknown values are None."""

    name: str
    path: Path
    kind: str
    """`run`, `sweep` or `checkpoint`."""
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
    """Reason why it cannot be opened or resumed."""
    created: float | None = None
    """Time of the run's start, Unix seconds."""
    learning_rate: float | None = None
    batch_size: int | None = None
    tags: tuple[str, ...] = ()
    """The user's tags."""
    note: str = ""
    """The user's note."""

    @property
    def is_live(self) -> bool:
        """True while a trainer is, or may be, working or paused."""
        return self.state in _LIVE

    @property
    def shown_state(self) -> str:
        """State, or `damaged` or `unreadable` where files cannot be read."""
        if self.problem is None or self.is_live:
            return self.state
        return "unreadable" if self.kind == "checkpoint" else "damaged"

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Restore an entry. Raises `TypeError` or `KeyError` for another object."""
        return cls(**{**record, "path": Path(record["path"]), "tags": tuple(record.get("tags", ()))})


@dataclass(frozen=True)
class Start:
    """Facts about a run that its run.json holds."""

    created: float | None = None
    config: TrainConfig | None = None
    problem: str | None = None
    """Why it cannot be read, as a sentence."""


def read_start(folder: RunFolder) -> Start:
    """Read run.json; raises nothing."""
    if is_closed(folder.path):
        return Start(problem=f"You may not enter {folder.path}; ask its owner.")
    try:
        return Start(*folder.read_start())
    except EmnistTuiError as error:
        return Start(problem=str(error).replace(str(folder.path), folder.name))


def describe_run(folder: RunFolder) -> Entry:
    """Summarize a run from its events, skipping batches."""
    record = summarize(folder)
    is_training = None if record.has_ended else folder.is_training()
    return describe(folder, record, read_start(folder), read_about(folder), is_training=is_training)


def describe(folder: RunFolder, record: RunRecord, start: Start, about: About, *, is_training: bool | None) -> Entry:
    """Describe a run by what was read from its files."""
    evaluated = record.last_evaluation()
    config = record.config or start.config
    return Entry(
        name=folder.name,
        path=folder.path,
        kind="run",
        time=record.last_time or modified(folder.run_json) or modified(folder.path),
        state=record.state(is_training=is_training),
        model=record.started.model if record.started else None,
        data=record.started.data if record.started else None,
        epoch=len(record.epochs),
        epochs=config.epochs if config else None,
        step=record.step,
        seed=config.seed if config else None,
        test_accuracy=evaluated.accuracy if evaluated else None,
        problem=start.problem or _explain_lost_events(folder, record),
        created=start.created,
        learning_rate=record.learning_rate or (config.learning_rate if config else None),
        batch_size=config.batch_size if config else None,
        tags=about.tags,
        note=about.note,
    )


def bare_checkpoint(path: Path) -> Entry:
    """Describe a checkpoint without reading it."""
    return Entry(name=path.name, path=path, kind="checkpoint", time=modified(path), state="checkpoint")


def _explain_lost_events(folder: RunFolder, record: RunRecord) -> str | None:
    """Explain why no event of a run is known, if so."""
    if record.last_time is not None:
        return None
    if not is_file(folder.events):
        return "events.jsonl is missing, and with it the run's history."
    return "events.jsonl holds no events; the run's history is lost."
