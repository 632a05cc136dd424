"""Going on with a run where it was left."""

from dataclasses import replace
from pathlib import Path

from emnist_tui.learning.checkpoint.format import Checkpoint, TrainingState, load_checkpoint
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.training.checkpointer import LAST
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import RunEnded, RunStarted
from emnist_tui.runs.folder import RunFolder

_FIXED = ("model", "seed", "batch_size", "learning_rate", "validation")
"""What decides the batches and steps, and so stays as the run began."""


def resume(folder: RunFolder, epochs: int | None = None) -> tuple[TrainConfig, Checkpoint]:
    """What `Trainer` needs to go on with a run: the newest whole checkpoint, and its config with `epochs` if given.

    Raises `UsageError` when there is nothing left to train, `EmnistTuiError` when no checkpoint of the run can be read.
    """
    checkpoint, config = newest_checkpoint(folder)
    config = replace(config, epochs=config.epochs if epochs is None else epochs)
    check_left_to_train(config, checkpoint, folder)
    return config, checkpoint


def newest_checkpoint(folder: RunFolder) -> tuple[Checkpoint, TrainConfig]:
    """`last.pt`, else the newest other one to go on from, and its config.

    Raises `EmnistTuiError` when there is none that can be read.
    """
    problems: list[str] = []
    for path in sorted(folder.path.glob("*.pt"), key=_by_age):
        try:
            checkpoint = load_checkpoint(path)
        except EmnistTuiError as error:
            problems.append(str(error))
            continue
        if checkpoint.training:
            return checkpoint, checkpoint.training.config
    raise EmnistTuiError(
        problems[0] if problems else f"Run {folder.name} has no checkpoint to go on from; start a new run."
    )


def check_left_to_train(config: TrainConfig, checkpoint: Checkpoint, folder: RunFolder) -> TrainingState:
    """What to go on from: also from the end, where the trainer was killed before it could tell that it finished.

    Raises `UsageError` when the run is over, `EmnistTuiError` for weights only.
    """
    training = checkpoint.training
    if training is None:
        raise EmnistTuiError("This checkpoint holds weights only: evaluate it, or go on from one of emnist-tui's own.")
    reached = training.progress.epoch
    if config.epochs < reached:
        raise UsageError(f"The run is in epoch {reached} already; go on with --epochs {reached} or more.")
    if training.is_finished and config.epochs == reached and not _lacks_its_end(folder):
        raise UsageError(
            f"The run finished its {reached} epoch{'s' * (reached != 1)}; go on with --epochs {reached + 1} or more."
        )
    return training


def check_same_run(config: TrainConfig, dataset: Dataset, checkpoint: Checkpoint, folder: RunFolder) -> TrainingState:
    """What to go on from. Raises `EmnistTuiError` unless it goes on exactly with this config and data."""
    training = check_left_to_train(config, checkpoint, folder)
    for name in _FIXED:
        before, now = getattr(training.config, name), getattr(config, name)
        if before != now:
            raise EmnistTuiError(
                f"The run has {name.replace('_', ' ')} {before}, not {now}; start a new run to change it."
            )
    if training.fingerprint != dataset.fingerprint:
        raise EmnistTuiError(
            f"The run was trained on {training.data} ({training.fingerprint}), which is not the same data as "
            f"{dataset.name} ({dataset.fingerprint}); go on with the data it began with, or start a new run."
        )
    return training


def _lacks_its_end(folder: RunFolder) -> bool:
    """Its events tell that it began, and not how it ended."""
    try:
        edges = [
            event for event in read_events(folder.events, batches=False) if isinstance(event, RunStarted | RunEnded)
        ]
    except OSError:
        return False
    return bool(edges) and isinstance(edges[-1], RunStarted)


def _by_age(path: Path) -> tuple[bool, float]:
    """`last.pt` first, then the newest."""
    try:
        return path.name != LAST, -path.stat().st_mtime
    except OSError:
        return True, 0.0
