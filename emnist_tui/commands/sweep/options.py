"""Options that several actions of `sweep` share."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from emnist_tui.runs import folder
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.sweeps.folder import SweepFolder, find_sweep


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Add the argument NAME of a sweep that exists."""
    parser.add_argument("sweep", metavar="NAME", help="the name or folder of a sweep")


def chosen_sweep(options: argparse.Namespace) -> SweepFolder:
    """Return the sweep that the options name.

    Raises `EmnistTuiError` if there is none.
    """
    return find_sweep(folder.checkpoints_root(options.checkpoints), options.sweep)


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return the type of an option that takes a whole number."""

    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= len(str(high)) and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"must be a whole number, {low:,} to {high:,}, not {text!r}")

    return parse


def written(sweep: SweepFolder, write: Callable[[], object]) -> None:
    """Write a request to a sweep. Raises `EmnistTuiError` if that is impossible."""
    try:
        write()
    except OSError as error:
        raise EmnistTuiError(
            f"{sweep.path} cannot be written ({error.strerror or error}), so the sweep goes on as before; only users "
            "who may write there can control it."
        ) from None
