"""What is opened for a path that a user gave, or for none."""

from pathlib import Path

from emnist_tui.runs.folder import RunFolder, find_checkpoint, run_folders
from emnist_tui.tui.opened import Opened


def open_path(root: Path, path: str) -> Opened:
    """A run folder or run name to follow, or a checkpoint to evaluate. Raises `EmnistTuiError`."""
    found = find_path(root, path)
    return Opened(RunFolder(found)) if RunFolder(found).exists() else Opened.evaluate(found)


def find_path(root: Path, path: str) -> Path:
    """The folder of a run, or a checkpoint file. Raises `EmnistTuiError` where there is neither."""
    for candidate in (Path(path), root / path):
        if RunFolder(candidate).exists():
            return candidate
    return find_checkpoint(root, path)


def find_training(root: Path) -> Opened | None:
    """The newest run that a trainer is at work in."""
    training = next((folder for folder in run_folders(root) if folder.is_training()), None)
    return Opened(training) if training else None
