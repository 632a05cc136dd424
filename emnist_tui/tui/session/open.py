"""Opening a run or checkpoint by its path or name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import RunFolder, is_closed, is_file, unreadable
from emnist_tui.runs.foreign_weights import RECOGNIZED, ForeignWeights
from emnist_tui.runs.lookup import find_checkpoint, run_folders
from emnist_tui.runs.user_paths import typed_path

if TYPE_CHECKING:
    from emnist_tui.tui.session.run_session import RunSession


def open_path(root: Path, path: str, foreign: ForeignWeights = RECOGNIZED) -> RunSession:
    """Follow a run, or evaluate a checkpoint.

    `foreign` are the user's choices about a checkpoint. Raises `EmnistTuiError` if there is neither, or the choices are
    about a run.
    """
    found = find_path(root, path)
    from emnist_tui.tui.session.run_session import RunSession  # here, since without a run nothing needs it

    if not _is_run(RunFolder(found)):
        return RunSession.evaluate(found, foreign)
    if foreign:
        raise UsageError(f"{path} is a run, whose weights and input are known; leave out --key and --input-scaling.")
    session = RunSession(RunFolder(found))
    if foreign.network and session.record.config and not session.network_to_ask_for:
        raise UsageError(f"{path} is a run of a network that comes with the program; leave out --model.")
    return session


def find_path(root: Path, path: str) -> Path:
    """Return a run's folder or a checkpoint file.

    `path` may be a name in the runs directory `root`.

    Raises `EmnistTuiError` if there is neither.
    """
    typed = typed_path(path)
    for candidate in (typed, root / typed):
        if is_closed(candidate):
            raise unreadable(candidate)
        if _is_run(RunFolder(candidate)):
            return candidate
    found = find_checkpoint(root, path)
    if not is_file(found):
        raise UsageError(f"{found} is a pipe or device, which the app cannot read again; save it as a .pt file first.")
    return found


def _is_run(folder: RunFolder) -> bool:
    """Check that training began in a folder, or is starting there."""
    return folder.exists() or bool(folder.is_training())


def find_training(root: Path) -> RunSession | None:
    """Follow the newest run in `root` that is training, if any."""
    training = next((folder for folder in run_folders(root) if folder.is_training()), None)
    if training is None:
        return None
    from emnist_tui.tui.session.run_session import RunSession

    return RunSession(training)


def follow_moved(session: RunSession | None, old: Path, new: Path | None) -> RunSession | None:
    """Return the session after the run or checkpoint `old` has moved.

    It follows what it shows to `new`; None after a deletion.
    """
    if session is None:
        return None
    shown, moved = (session.checkpoint or session.follower.folder.path).absolute(), old.absolute()
    if moved != shown and moved not in shown.parents:
        return session
    if new is None:
        session.close()
        return None
    session.move(new / shown.relative_to(moved))
    return session
