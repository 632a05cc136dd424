"""The `runs` command: the list of runs, sweeps and checkpoints."""

import argparse
from pathlib import Path

from emnist_tui.commands import options as shared
from emnist_tui.commands.output import tables
from emnist_tui.commands.output.json import print_json
from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs import checkpoint_details, folder, listing, lookup
from emnist_tui.runs.errors import ExitCode
from emnist_tui.runs.sweeps.listing import sweep_entries


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `runs`."""
    shared.add_json(parser, "print one list of JSON objects")


def run(options: argparse.Namespace) -> int:
    """Print every run, sweep and bare checkpoint, newest first.

    Raises `EmnistTuiError` if the runs directory cannot be read.
    """
    root = folder.checkpoints_root(options.checkpoints)
    if folder.is_closed(root):
        raise folder.unreadable(root)
    entries = [*map(listing.describe_run, lookup.run_folders(root)), *sweep_entries(root)]
    entries += checkpoint_details.describe_checkpoints(lookup.bare_checkpoints(root), _describe_checkpoint)
    if options.json:
        print_json([entry.to_json() for entry in entries])
    elif entries:
        tables.print_runs(entries)
    else:
        print_message(f"no runs in {root}; `emnist-tui train` starts one.")
    return ExitCode.DONE


def _describe_checkpoint(path: Path) -> listing.Entry:
    from emnist_tui.learning.inference.evaluate import describe_checkpoint  # takes torch, and so seconds

    return describe_checkpoint(path)
