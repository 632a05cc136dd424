"""Comparison of groups of seeds by `compare`."""

import argparse
from pathlib import Path

from emnist_tui.analysis.seed_comparison import SeedComparison
from emnist_tui.commands.output.json import print_json
from emnist_tui.commands.output.seed_tables import print_seed_comparison
from emnist_tui.runs.errors import ExitCode, UsageError
from emnist_tui.runs.folder import checkpoints_root
from emnist_tui.runs.lookup import CHECKPOINT_SUFFIXES, find_run
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.seed_group import SeedGroup, read_group
from emnist_tui.runs.user_paths import STANDARD_STREAM, typed_path

_OF_CHECKPOINTS = ("data", "key", "input_scaling", "model")
"""Options of `compare` that say how checkpoints are evaluated."""


def names_a_group(options: argparse.Namespace) -> bool:
    """Check whether A or B is a group of seeds.

    Any other sweep stands for the checkpoint of its best trial. Raises `EmnistTuiError` if a sweep is damaged.
    """
    root = checkpoints_root(options.checkpoints)
    sweeps = [sweep for name in (options.a, options.b) if (sweep := _sweep(root, name))]
    return any(sweep.read_spec().is_seeds for sweep in sweeps)


def run(options: argparse.Namespace) -> int:
    """Compare two groups by their runs' test accuracies.

    A run is a group of one seed. Raises `UsageError` for anything else.
    """
    if given := [name for name in _OF_CHECKPOINTS if getattr(options, name)]:
        raise UsageError(
            f"--{given[0].replace('_', '-')} is about checkpoints; groups of seeds are compared by the test accuracies "
            "of their runs."
        )
    root = checkpoints_root(options.checkpoints)
    comparison = SeedComparison(_group(root, options.a), _group(root, options.b))
    if options.json:
        print_json(comparison.to_json())
    else:
        print_seed_comparison(comparison)
    return ExitCode.DONE


def _sweep(root: Path, name: str) -> SweepFolder | None:
    """Find a sweep by name or path; None for anything else."""
    if name == STANDARD_STREAM:
        return None
    typed = typed_path(name)
    return next((folder for path in (root / typed, typed) if (folder := SweepFolder(path)).exists()), None)


def _group(root: Path, name: str) -> SeedGroup:
    """Read the group or the run of a name."""
    if sweep := _sweep(root, name):
        return read_group(sweep.path)
    if name == STANDARD_STREAM or typed_path(name).suffix in CHECKPOINT_SUFFIXES:
        raise UsageError(f"A group of seeds is compared with another, or with a run; {name} is a checkpoint.")
    return read_group(find_run(root, name).path)
