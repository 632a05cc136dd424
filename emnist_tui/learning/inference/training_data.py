"""The data that a checkpoint was trained on, wherever it is now."""

from pathlib import Path

from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset, load_dataset
from emnist_tui.learning.data.digits import SYNTHETIC_NAME, OnPhase, resolve_auto
from emnist_tui.runs.data_paths import require_source
from emnist_tui.runs.folder import RunFolder


def recorded_source(checkpoint: Checkpoint, path: Path) -> str:
    """Return the recorded source of a checkpoint's training data.

    `path` is the checkpoint's file, whose run records where the data has moved to since. Returns `auto` if nothing is
    recorded; see `resolve_auto`.
    """
    training = checkpoint.training
    if training is None:
        return "auto"
    moved = RunFolder(path.absolute().parent).recorded_data(training.fingerprint)
    return moved or training.config.data


def load_training_data(checkpoint: Checkpoint, path: Path, on_phase: OnPhase | None = None) -> Dataset:
    """Load the data that a checkpoint was trained on.

    `path` is the checkpoint's file. Data that has changed since is loaded too, see `describe_change`. Raises
    `UsageError` that asks for `--data` if it is gone, `EmnistTuiError` if it is unusable.
    """
    source = recorded_source(checkpoint, path)
    require_source(source)
    if checkpoint.training:
        source = resolve_auto(source, checkpoint.training.data)
    return load_dataset(source, on_phase=on_phase)


def describe_change(checkpoint: Checkpoint, path: Path, dataset: Dataset) -> str | None:
    """Describe, as a sentence, that a checkpoint was trained on other data.

    Returns None if it was trained on `dataset`, or if it does not record its data. Synthetic digits are taken for the
    same: their gray levels are rounded otherwise on other processors.
    """
    training = checkpoint.training
    if training is None or training.fingerprint == dataset.fingerprint:
        return None
    if training.data == dataset.name == SYNTHETIC_NAME:
        return None
    return (
        f"{path.name} was trained on other digits, {training.data} ({training.fingerprint}), than those it is given "
        f"now, {dataset.name} ({dataset.fingerprint}); give the former with --data."
    )
