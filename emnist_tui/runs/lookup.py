"""Lookup of runs and checkpoints by their names or paths."""

import json
import os
from pathlib import Path

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.folder import LAST_CHECKPOINT, RunFolder, is_closed, is_file, modified, unreadable
from emnist_tui.runs.shipped import shipped_checkpoints
from emnist_tui.runs.sweeps.folder import SweepFolder, trial_number
from emnist_tui.runs.user_paths import typed_path

CHECKPOINT_SUFFIXES = (".pt", ".pth", ".ckpt", ".safetensors", ".torchscript")
"""Ends of the names of checkpoints that are listed; any file can be opened by its path."""
TRASH = ".trash"
"""Folder for deleted runs in the runs directory, never listed as a run."""
_LARGEST_METRICS = 1 << 20  # bytes of a report's metrics.json


def find_run(root: Path, name: str) -> RunFolder:
    """Find a run by its name in `root` or by its path.

    A trial of a sweep is found as NAME/trial-0007, too. Raises `UsageError` if there is none, or one that has not
    begun.
    """
    typed = typed_path(name)
    folders = [RunFolder(path) for path in _places(root, typed)]
    for folder in folders:
        if SweepFolder(folder.path).exists():
            raise UsageError(f"{name} is a sweep; name one of its trials, such as {name}/trial-0001.")
        if folder.exists():
            return folder
    for folder in folders:
        if is_file(folder.events) and checkpoint_of(folder.path) is None:
            raise UsageError(
                f"Run {name} is still starting; try again once it trains."
                if folder.is_training()
                else f"Run {name} ended before its first step, so there is nothing to resume; start a new run."
            )
    raise UsageError(f"There is no run {name} in {root}; `emnist-tui runs` lists the runs.")


def find_checkpoint(root: Path, name: str) -> Path:
    """Find a checkpoint by its path, its run or its sweep.

    A run, given by name or path, gives its `best.pt`, else its `last.pt`, and a sweep that of its best trial. A shipped
    checkpoint is found by its name anywhere. Raises `UsageError` if there is none, and `EmnistTuiError` if the folder
    cannot be read.
    """
    typed = typed_path(name)
    for path in (typed, root / typed, *_places(root, typed)[2:]):
        if is_closed(path):
            raise unreadable(path)
        if SweepFolder(path).exists():
            return _best_checkpoint(SweepFolder(path))
        if os.path.isdir(path):  # noqa: PTH112 - pathlib raises for a path that is too long
            chosen = checkpoint_of(path)
            if chosen is None and (reported := reported_checkpoint(path)):
                chosen = _find_reported(root, path, reported)
            if chosen is None:
                raise UsageError(f"{path} holds no checkpoint; train it first, or give a .pt file.")
            return chosen
        if os.path.exists(path):  # noqa: PTH110 - as above
            return path
    for path in shipped_checkpoints():
        if path.name == name:
            return path
    raise UsageError(f"There is no checkpoint or run {name}; `emnist-tui runs` lists runs and checkpoints.")


def _places(root: Path, typed: Path) -> list[Path]:
    """Return the paths that a typed run may have.

    NAME/trial-0007 is in the folder `runs` of the sweep.
    """
    places = [root / typed, typed]
    if trial_number(typed.name) is not None:
        places += [path.parent / "runs" / path.name for path in places if SweepFolder(path.parent).exists()]
    return places


def _best_checkpoint(sweep: SweepFolder) -> Path:
    """Return the checkpoint of a sweep's best trial.

    Raises `UsageError` if there is none, and `EmnistTuiError` if the sweep is damaged.
    """
    from emnist_tui.runs.sweeps.board import SweepBoard  # here, since few commands need it

    best = SweepBoard(sweep).refresh().best
    if best is None:
        raise UsageError(
            f"No trial of sweep {sweep.name} has finished yet; name one of them, such as {sweep.name}/trial-0001."
        )
    chosen = checkpoint_of(sweep.trial(best.number).path)
    if chosen is None:
        raise UsageError(f"{sweep.trial(best.number).path}, the best trial, holds no checkpoint; name another trial.")
    return chosen


def checkpoint_of(run: Path) -> Path | None:
    """Return the checkpoint that a run's name stands for.

    It is `best.pt`, which only a run with validation has, else `last.pt`; None without either.
    """
    return next((run / file for file in ("best.pt", LAST_CHECKPOINT) if is_file(run / file)), None)


def reported_checkpoint(folder: Path) -> str | None:
    """Return the name of a report's checkpoint, such as `seed0/last.pt`.

    None if the folder holds no report.
    """
    try:
        with (folder / "metrics.json").open("rb") as file:
            metrics = json.loads(file.read(_LARGEST_METRICS))
        name = metrics["checkpoint"] if "report_format" in metrics else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) and name else None


def _find_reported(root: Path, report: Path, name: str) -> Path:
    """Find a report's checkpoint in the runs directory or beside it.

    Raises `UsageError` if it is in neither.
    """
    found = next((path for place in (root, report.parent) if is_file(path := place / name)), None)
    if found is None:
        raise UsageError(
            f"{report} is a report about {name}, which is not in {root}; read the report's README.md, or open the "
            "checkpoint by its path."
        )
    return found


def run_folders(root: Path) -> list[RunFolder]:
    """List the runs in `root`, newest first; an unreadable `root` has none."""
    try:
        found = [RunFolder(path) for path in root.iterdir() if path.name != TRASH and RunFolder(path).exists()]
    except OSError:
        return []
    return sorted(found, key=lambda folder: modified(folder.run_json), reverse=True)


def bare_checkpoints(root: Path) -> list[Path]:
    """List the checkpoint files outside runs.

    Those directly in `root` come first, newest first, then the shipped ones that it lacks.
    """
    try:
        files = [path for path in root.iterdir() if path.suffix in CHECKPOINT_SUFFIXES and path.is_file()]
        found = sorted(files, key=modified, reverse=True)
    except OSError:
        found = []
    names = {path.name for path in found}
    return [*found, *(path for path in shipped_checkpoints() if path.name not in names)]
