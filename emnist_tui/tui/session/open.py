"""What is opened for a path that a user gave, or for none."""

from pathlib import Path

from emnist_tui.runs.folder import RunFolder, find_checkpoint, run_folders
from emnist_tui.tui.session.run_session import RunSession


def open_path(root: Path, path: str) -> RunSession:
    """A run folder or run name to follow, or a checkpoint to evaluate. Raises `EmnistTuiError`."""
    found = find_path(root, path)
    return RunSession(RunFolder(found)) if RunFolder(found).exists() else RunSession.evaluate(found)


def find_path(root: Path, path: str) -> Path:
    """The folder of a run, or a checkpoint file. Raises `EmnistTuiError` where there is neither."""
    for candidate in (Path(path), root / path):
        if RunFolder(candidate).exists():
            return candidate
    return find_checkpoint(root, path)


def find_training(root: Path) -> RunSession | None:
    """The newest run that a trainer is at work in."""
    training = next((folder for folder in run_folders(root) if folder.is_training()), None)
    return RunSession(training) if training else None
