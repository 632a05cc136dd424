"""Options that several commands share, and the paths that they name."""

import argparse
from pathlib import Path

from emnist_tui.commands.pipes import input_file, rereadable
from emnist_tui.runs import folder
from emnist_tui.runs.data_paths import SOURCES
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.user_paths import STANDARD_STREAM, typed_path

CHECKPOINT_HELP = "a .pt file, or a run's name for its best or last checkpoint"


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add the argument CHECKPOINT."""
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=CHECKPOINT_HELP)


def add_data(parser: argparse.ArgumentParser, default: str = "the checkpoint's training data") -> None:
    """Add `--data` and `--device`; `default` describes the data used without the option."""
    parser.add_argument("--data", help=f"auto, emnist, synthetic or a path ({default})")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="(auto)")


def add_json(parser: argparse.ArgumentParser, text: str = "print one JSON object") -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=text)


def find_checkpoint(options: argparse.Namespace, name: str) -> Path:
    """Return the checkpoint file of a path or a run's name.

    `-` is standard input. Raises `UsageError` if there is none, `EmnistTuiError` if a pipe cannot be read.
    """
    if name == STANDARD_STREAM:
        return input_file(name)
    return rereadable(folder.find_checkpoint(folder.checkpoints_root(options.checkpoints), name))


def path(text: str) -> Path:
    """Convert the value of an option that names a file or folder."""
    try:
        return typed_path(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None


def chosen_data(options: argparse.Namespace) -> str | None:
    """Return the source given by `--data`; None without the option."""
    return None if options.data is None else absolute_if_path(options.data)


def absolute_if_path(data: str) -> str:
    """Make a data path absolute.

    A run then finds its data from any working directory. Raises `UsageError` as `typed_path` does.
    """
    return data if not data or data in SOURCES else str(typed_path(data).absolute())
