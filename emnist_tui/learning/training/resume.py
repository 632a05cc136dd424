"""Resuming a run from its newest checkpoint."""

from dataclasses import replace
from pathlib import Path

from emnist_tui.learning.checkpoint.format import Checkpoint, TrainingState, is_exhausted, load_checkpoint
from emnist_tui.learning.checkpoint.own_network import require_network
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.training.checkpointer import LAST
from emnist_tui.runs.config import CHANGEABLE, TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, NothingToTrainError, UsageError
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import RunEnded, RunStarted
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.network_files import NetworkFile


def resume(folder: RunFolder, epochs: int | None = None, patience: int | None = None) -> tuple[TrainConfig, Checkpoint]:
    """Return the config and checkpoint from which `Trainer` resumes a run.

    The checkpoint is the newest that can be read; `epochs` and `patience`, if given, replace those of its config.
    Raises `UsageError` if nothing is left to train, `EmnistTuiError` if no checkpoint of the run can be read.
    """
    checkpoint, config = newest_checkpoint(folder)
    if patience and not config.validation:
        raise UsageError(f"{folder.name} holds out no images, whose accuracy patience watches; start a new run for it.")
    config = replace(
        config,
        epochs=config.epochs if epochs is None else epochs,
        patience=config.patience if patience is None else patience,
    )
    check_left_to_train(config, checkpoint, folder)
    return config, checkpoint


def newest_checkpoint(folder: RunFolder) -> tuple[Checkpoint, TrainConfig]:
    """Load `last.pt`, or else the newest other checkpoint, and its config.

    Files that cannot be read or hold weights only are skipped. Raises `UsageError` if there is none, `EmnistTuiError`
    if none can be read.
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
    if problems:
        raise EmnistTuiError(problems[0])
    raise UsageError(f"Run {folder.name} has no checkpoint to resume from; start a new run.")


def named_model(checkpoint: Checkpoint, config: TrainConfig, named: str | None, folder: RunFolder) -> str:
    """Return the model that a resumed run trains.

    For a network of one's own, it is the file that the user `named`. Raises `UsageError` if that is missing or
    needless, `EmnistTuiError` if the checkpoint's config is of another model.
    """
    if checkpoint.own is None:
        if named:
            raise UsageError("A resumed run keeps its model; leave out --model.")
        if config.model != checkpoint.model:
            raise EmnistTuiError(f"The checkpoint of {folder.name} is of another model; start a new run.")
        return config.model
    require_network(folder.path, checkpoint.own, named)
    if named is None or NetworkFile.parse(named) is None:
        raise UsageError(f"{folder.name} trains a network of your own; name its file with --model FILE.py:NAME.")
    return named


def check_left_to_train(config: TrainConfig, checkpoint: Checkpoint, folder: RunFolder) -> TrainingState:
    """Return the training state to resume, if any training is left.

    A finished run may be resumed if its trainer was killed before it could report the end. Raises `UsageError` if the
    run is over, `EmnistTuiError` if the checkpoint holds weights only.
    """
    training = checkpoint.training
    if training is None:
        raise EmnistTuiError("This checkpoint holds weights only; evaluate it, or resume from a checkpoint of a run.")
    reached, best = training.progress.epoch, training.progress.best_epoch
    if config.epochs < reached:
        raise UsageError(f"The run is already in epoch {reached}; resume with --epochs {reached} or more.")
    if not training.is_tested or _was_killed(folder):
        return training
    is_last = reached == config.epochs
    finished = f"finished its {reached} epoch{'s' * (reached != 1)}"
    if is_exhausted(training.progress, config) and not is_last:
        end = finished if reached == training.config.epochs else f"stopped early after epoch {reached}"
        raise UsageError(
            f"The run {end}, and none was better than epoch {best}; "
            f"resume with --patience {reached - best + 1} or more, or 0 for all epochs."
        )
    if is_last:
        raise NothingToTrainError(f"The run {finished}; resume with --epochs {reached + 1} or more.")
    return training


def check_same_run(config: TrainConfig, dataset: Dataset, checkpoint: Checkpoint, folder: RunFolder) -> TrainingState:
    """Return the training state to resume with this config and data.

    Raises `EmnistTuiError` if either differs from the run's, so that the resumed run would not repeat it exactly.
    """
    training = check_left_to_train(config, checkpoint, folder)
    fixed = training.config.to_json().keys() - set(CHANGEABLE)
    if not checkpoint.own:  # whose weights have to match instead
        fixed.add("model")
    for name in sorted(fixed):
        before, now = getattr(training.config, name), getattr(config, name)
        if before != now:
            raise EmnistTuiError(
                f"The run has {name.replace('_', ' ')} {before}, not {now}; start a new run to change it."
            )
    if training.fingerprint != dataset.fingerprint:
        # Other data was named, or what the run was trained on has changed.
        kind = EmnistTuiError if config.data == training.config.data else UsageError
        raise kind(
            f"The run was trained on {training.data} ({training.fingerprint}), which is not the same data as "
            f"{dataset.name} ({dataset.fingerprint}); resume with the original data, by --data if it has moved, "
            "or start a new run."
        )
    return training


def _was_killed(folder: RunFolder) -> bool:
    """Return whether the last session of the run never reported its end."""
    try:
        edges = [
            event for event in read_events(folder.events, batches=False) if isinstance(event, RunStarted | RunEnded)
        ]
    except OSError:
        return False
    return bool(edges) and isinstance(edges[-1], RunStarted)


def _by_age(path: Path) -> tuple[bool, float]:
    """Sort key: `last.pt` first, then the newest file."""
    try:
        return path.name != LAST, -path.stat().st_mtime
    except OSError:
        return True, 0.0
