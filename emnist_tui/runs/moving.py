"""Renaming runs and checkpoints without replacing anything."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from emnist_tui.runs import locks
from emnist_tui.runs.config import explain_bad_run_name
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.folder import RunFolder, gone, is_file
from emnist_tui.runs.lookup import CHECKPOINT_SUFFIXES
from emnist_tui.runs.shipped import shipped_checkpoints

_PATIENCE = 0.5  # seconds; a reader that checks the lock shares it for microseconds
_ANNOTATIONS = re.compile(r"\.triage(-[\w.-]+)?\.json")
"""Rest of the names of files that belong to a bare checkpoint, which begin with its own name."""


def rename(path: Path, name: str) -> Path:
    """Rename a run or a bare checkpoint, and return the new path.

    The judgments of a checkpoint move along.

    Raises `EmnistTuiError` if the name is invalid or taken, or the run is being trained.
    """
    if problem := explain_bad_name(path, name):
        raise UsageError(f"The name {name!r} {problem}.")
    target = path.with_name(name)
    if target == path:
        return path
    with idle(path):
        move_all(path, target)
    return target


def explain_bad_name(path: Path, name: str) -> str | None:
    """Explain why a run or checkpoint cannot take a name.

    The explanation is the second half of a sentence; None if it can.
    """
    if problem := explain_bad_run_name(name):
        return problem
    suffix = path.suffix
    if is_file(path) and suffix in CHECKPOINT_SUFFIXES and Path(name).suffix != suffix:
        return f"must keep its ending {suffix}"
    target = path.with_name(name)
    if name != path.name and os.path.lexists(target) and not _is_same(path, target):
        return "is taken; choose another"
    return None


def explain_fixed(path: Path) -> str | None:
    """Explain why nothing can be renamed or deleted here, if so."""
    if _is_shipped(path):
        return f"{path.name} comes with the program and stays as it is."
    return f"{path.name} is being trained; stop it first." if RunFolder(path).is_training() else None


@contextmanager
def idle(path: Path) -> Iterator[None]:
    """Keep trainers out of a run's folder during the block.

    Raises `EmnistTuiError` if one is there, or may be, or the checkpoint is a shipped one.
    """
    if problem := explain_fixed(path):
        raise EmnistTuiError(problem)
    lock = RunFolder(path).lock
    before = _status(path)
    if not _is_folder(before) or not os.access(path, os.W_OK):
        if RunFolder(path).is_training() is None:
            raise EmnistTuiError(f"You may not read {lock}, so {path.name} may be training; ask its owner.")
        if _is_folder(before) and not _is_same_folder(path, before):
            raise gone(path)
        yield
        return
    try:
        with locks.held(lock, _PATIENCE):
            if not _is_same_folder(path, before) or _is_recreated(path, lock):
                _remove_recreated(path, lock)
                raise gone(path)
            yield
    except locks.HeldError:
        raise EmnistTuiError(f"{path.name} is being trained; stop it first.") from None
    except FileNotFoundError:
        raise gone(path) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise EmnistTuiError(f"{lock} cannot be locked ({reason}); check its permissions.") from None


def move_all(source: Path, target: Path) -> None:
    """Move a run, or a checkpoint with its judgments.

    Raises `EmnistTuiError` if that fails or the new path is taken; then nothing has moved.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        for old in (source, *annotations_of(source)):
            new = target.with_name(target.name + old.name.removeprefix(source.name))
            _move(old, new)
            moved.append((old, new))
    except OSError as error:
        for old, new in reversed(moved):
            with suppress(OSError):
                _move(new, old)
        raise _explain(source, target, error) from None


def annotations_of(path: Path) -> list[Path]:
    """List the files beside a bare checkpoint that hold its judgments."""
    if os.path.isdir(path):  # noqa: PTH112 - pathlib raises where this user may not look
        return []
    with suppress(OSError):
        beside = [file for file in path.parent.iterdir() if file.name.startswith(path.name)]
        return sorted(file for file in beside if _ANNOTATIONS.fullmatch(file.name.removeprefix(path.name)))
    return []


def is_real_folder(path: Path) -> bool:
    """Check for a folder that is no link."""
    return os.path.isdir(path) and not path.is_symlink()  # noqa: PTH112 - pathlib raises where this user may not look


def _move(source: Path, target: Path) -> None:
    """Rename a file or folder, claiming its new name first.

    `os.replace` alone would replace an empty folder, which may be another run's beginning. Raises `OSError`.
    """
    if _is_same(source, target):  # another case on a file system that ignores it
        source.rename(target)
        return
    is_folder = is_real_folder(source)
    if not os.path.lexists(source):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if is_folder:
        target.mkdir()
    else:
        target.touch(exist_ok=False)
    try:
        source.replace(target)
    except BaseException:
        with suppress(OSError):
            target.rmdir() if is_folder else target.unlink()
        raise


def _explain(source: Path, target: Path, error: OSError) -> EmnistTuiError:
    if isinstance(error, FileNotFoundError):
        return gone(source)
    if isinstance(error, FileExistsError):
        return UsageError(f"{target.name} exists in {target.parent}; choose another name.")
    if error.errno == errno.EXDEV:
        return EmnistTuiError(f"{target.parent} is on another file system; move {source} by hand.")
    reason = error.strerror or str(error)
    return EmnistTuiError(f"{source} cannot be moved ({reason}); check the permissions of {source.parent}.")


def _status(path: Path) -> os.stat_result:
    """Look once at what a path leads to, or at the link.

    A second look might find a folder that someone else's waiting has created anew. Raises `EmnistTuiError` if there is
    nothing, or it may not be seen.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        raise gone(path) from None
    except OSError as error:
        raise _explain(path, path, error) from None
    with suppress(OSError):  # a link that leads nowhere is moved as it is
        return path.stat() if stat.S_ISLNK(status.st_mode) else status
    return status


def _is_folder(status: os.stat_result) -> bool:
    return stat.S_ISDIR(status.st_mode)


def _is_same_folder(path: Path, before: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), before)
    except OSError:
        return False


def _is_recreated(folder: Path, lock: Path) -> bool:
    """Check for a folder that waiting for its lock has created anew.

    Another that waited may have removed the lock again.
    """
    return set(folder.iterdir()) <= {lock}


def _remove_recreated(folder: Path, lock: Path) -> None:
    with suppress(OSError):
        if _is_recreated(folder, lock):
            lock.unlink()
            folder.rmdir()


def _is_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False


def _is_shipped(path: Path) -> bool:
    return any(_is_same(path, shipped) for shipped in shipped_checkpoints())
