"""Trash folder of deleted runs and checkpoints.

Each lies in a folder of its own, `.trash/<token>/<name>`, so that names never meet.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import RunFolder, modified
from emnist_tui.runs.lookup import CHECKPOINT_SUFFIXES, TRASH
from emnist_tui.runs.moving import idle, is_real_folder, move_all

_DOOMED = "deleting-"
"""Beginning of the name of a folder that is being deleted for good."""


@dataclass(frozen=True)
class Trashed:
    """One deleted run or checkpoint."""

    path: Path
    """Path in the trash."""
    time: float
    """Time of the deletion, Unix seconds."""
    size: int
    """Bytes on disk."""

    @property
    def name(self) -> str:
        return self.path.name


def discard(root: Path, path: Path) -> None:
    """Move a run or checkpoint to the trash of `root`.

    Raises `EmnistTuiError` if it is being trained, comes with the program, or cannot be moved.
    """
    with idle(path):
        place = _new_place(root)
        try:
            move_all(path, place / path.name)
        except EmnistTuiError:
            _remove_empty(place)
            raise


def list_trash(root: Path) -> list[Trashed]:
    """List what was deleted, newest first; an unreadable trash is empty."""
    found = [
        Trashed(path, modified(place), size_of(path))
        for place in _places(root)
        for path in _children(place)
        if is_real_folder(path) or path.is_symlink() or path.suffix in CHECKPOINT_SUFFIXES
    ]
    return sorted(found, key=lambda trashed: trashed.time, reverse=True)


def restore(root: Path, trashed: Trashed) -> Path:
    """Move a deleted run or checkpoint back and return its path.

    Raises `EmnistTuiError` if its name is taken again, or it cannot be moved.
    """
    target = root / trashed.name
    if os.path.lexists(target):
        raise EmnistTuiError(f"{trashed.name} is in the list again; rename that one, then restore this one.")
    move_all(trashed.path, target)
    _remove_empty(trashed.path.parent)
    return target


def empty(items: Iterable[Trashed]) -> None:
    """Delete items for good; those already gone are no error.

    Links are deleted, not what they lead to. Raises `EmnistTuiError` about the first that cannot be deleted, after
    deleting the others.
    """
    items = list(items)
    problems = [problem for item in items if (problem := _delete(item))]
    for left in {path for item in items for path in item.path.parent.parent.glob(f"{_DOOMED}*")}:
        shutil.rmtree(left, ignore_errors=True)  # by a program that was killed
    if problems:
        raise EmnistTuiError(problems[0])


def size_of(path: Path) -> int:
    """Sum the bytes of a file or a folder's files.

    Links count as nothing, and so does what cannot be read.
    """
    total = _file_size(path)
    if is_real_folder(path):
        for folder, _, names in os.walk(path):
            total += sum(_file_size(os.path.join(folder, name)) for name in names)  # noqa: PTH118 - a path is slow
    return total


def _file_size(path: str | Path) -> int:
    try:
        status = os.lstat(path)
    except OSError:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _delete(item: Trashed) -> str | None:
    """Delete an item and return why that failed, if it did."""
    if RunFolder(item.path).is_training():
        return f"{item.name} is being trained in the trash; stop it first."
    place = item.path.parent
    doomed = place.with_name(_DOOMED + place.name)
    try:
        place.rename(doomed)  # at once, so that nobody restores a half
    except FileNotFoundError:
        return None
    except OSError as error:
        return _explain_kept(item, error)
    try:
        shutil.rmtree(doomed)
    except OSError as error:
        with suppress(OSError):
            doomed.rename(place)
        return _explain_kept(item, error)
    _remove_empty(doomed)
    return None


def _explain_kept(item: Trashed, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{item.path} cannot be deleted ({reason}); check its permissions."


def _new_place(root: Path) -> Path:
    """Create an empty folder in the trash. Raises `EmnistTuiError`."""
    trash = root / TRASH
    if trash.is_symlink():
        raise EmnistTuiError(f"{trash} is a link, which the trash must not be; remove it.")
    place = trash / secrets.token_hex(8)
    try:
        place.mkdir(parents=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EmnistTuiError(f"{trash} cannot be written ({reason}); check its permissions.") from None
    return place


def _places(root: Path) -> Iterator[Path]:
    trash = root / TRASH
    if not trash.is_symlink():
        yield from (place for place in _children(trash) if is_real_folder(place) and not place.name.startswith(_DOOMED))


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _remove_empty(place: Path) -> None:
    """Remove an item's folder, and the trash, if they are empty."""
    with suppress(OSError):
        place.rmdir()
    with suppress(OSError):
        place.parent.rmdir()
