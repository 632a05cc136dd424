"""The data that a checkpoint was trained on, wherever it is now."""

from pathlib import Path

from emnist_tui.learning.checkpoint.format import Checkpoint
from emnist_tui.learning.data.dataset import Dataset, OnPhase, load_dataset, resolve_auto
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

    `path` is the checkpoint's file. Data that has changed since is loaded too, and `on_phase` warns of it. Raises
    `UsageError` that asks for `--data` if it is gone, `EmnistTuiError` if it is unusable.
    """
    source = recorded_source(checkpoint, path)
    require_source(source)
    training = checkpoint.training
    if training is None:
        return load_dataset(source, on_phase=on_phase)
    dataset = load_dataset(resolve_auto(source, training.data), on_phase=on_phase)
    if on_phase and dataset.fingerprint != training.fingerprint:
        on_phase(f"warning: this is not the data of the training, which was {training.data} {training.fingerprint}")
    return dataset
