"""Names of checkpoints in output, and of the files derived from them."""

from pathlib import Path

from emnist_tui.runs.folder import RunFolder


def run_of(path: Path) -> RunFolder | None:
    """Return the run whose folder contains a checkpoint."""
    run = RunFolder(path.absolute().parent)
    return run if run.exists() else None


def display_name(path: Path) -> str:
    """Name a checkpoint with its run: `seed0/last.pt`; outside a run `mine.pt`."""
    run = run_of(path)
    return f"{run.name}/{path.name}" if run else path.name


def output_stem(path: Path) -> str:
    """Name files made from a checkpoint.

    `seed0` for a run's best or last checkpoint, `seed0-epoch-001` for another one, `mine` for `mine.pt` outside a run.
    """
    run = run_of(path)
    if run is None:
        return path.stem
    return run.name if path.stem in ("best", "last") else f"{run.name}-{path.stem}"
