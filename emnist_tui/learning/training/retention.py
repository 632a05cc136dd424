"""Retention of the files of the newest, best and judged epochs."""

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from emnist_tui.analysis.triage import judged_files
from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.runs.errors import EmnistTuiError

BEST = "best.pt"
_OF_EPOCH = re.compile(r"(?:epoch-(\d{3,})\.pt|(?:evaluation|neighbou?rs)-(?:validation-)?epoch-(\d{3,})\.npz)")
"""Names of an epoch's files, and no others that a user may have put there."""


def remove_old_epochs(folder: Path, newest: int, keep: int) -> None:
    """Delete the files of all but the `keep` epochs up to `newest`.

    These are checkpoints, evaluations and neighbors. The epoch of `best.pt` and epochs with judged mistakes are kept
    too. Raises nothing: what cannot be deleted is tried again after the next epoch.
    """
    with suppress(OSError):
        names = [path.name for path in folder.iterdir()]
        if not list(old_files(names, newest, keep)):
            return
        try:
            judged, since = judged_files(folder)
            best = _best_epoch(folder)
        except EmnistTuiError:
            return  # nobody can tell what was judged, or which epoch is the best
        kept = {epoch for name in judged if (epoch := epoch_of(name))} | best
        for name in old_files(names, newest, keep, kept):
            with suppress(OSError):
                if (folder / name).lstat().st_mtime > since:
                    (folder / name).unlink()


def old_files(names: Iterable[str], newest: int, keep: int, kept: Collection[int] = ()) -> Iterator[str]:
    """Yield the files of epochs before the `keep` up to `newest`.

    Those of epochs that are `kept` too are left out.
    """
    for name in names:
        epoch = epoch_of(name)
        if epoch is not None and epoch <= newest - keep and epoch not in kept:
            yield name


def epoch_of(name: str) -> int | None:
    """Return the epoch in the name of a trainer's file, or None."""
    found = _OF_EPOCH.fullmatch(name)
    digits = (found[1] or found[2]) if found else ""
    return int(digits) if digits and digits == f"{int(digits):03d}" else None


def _best_epoch(folder: Path) -> set[int]:
    """Return the epoch of `best.pt`, if there is one.

    Raises `EmnistTuiError` if it is damaged.
    """
    training = load_checkpoint(folder / BEST).training if (folder / BEST).exists() else None
    return {training.progress.epoch} if training else set()
