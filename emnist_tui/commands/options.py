"""Options that several commands share, and the paths that they name."""

import argparse
from pathlib import Path

from emnist_tui.commands.pipes import input_file, rereadable
from emnist_tui.runs import folder, lookup
from emnist_tui.runs.config import explain_bad_value
from emnist_tui.runs.data_paths import SOURCES
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.runs.user_paths import STANDARD_STREAM, typed_path

NETWORK = "FILE.py:NAME"
"""Value of `--model` where a checkpoint's network is one's own."""
DEVICE_HELP = "cpu, cuda, cuda:N, mps, or auto: CUDA if usable, else cpu"
CHECKPOINT_HELP = "a .pt file, a run's name for its best.pt, else last.pt, or a sweep's for its best trial"


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """Add the argument CHECKPOINT."""
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=CHECKPOINT_HELP)


def add_data(parser: argparse.ArgumentParser, default: str = "the checkpoint's training data") -> None:
    """Add `--data` and `--device`; `default` describes the data used without the option."""
    parser.add_argument("--data", help=f"auto, emnist, synthetic or a path ({default})")
    parser.add_argument("--device", type=_device, default="auto", help=f"{DEVICE_HELP} (auto)")


def _device(text: str) -> str:
    if problem := explain_bad_value("device", text):
        raise argparse.ArgumentTypeError(f"{problem}, not {text!r}")
    return text


def add_foreign(parser: argparse.ArgumentParser, *, help: str | None = None) -> None:
    """Add `--key` and `--input-scaling`, about weights that another program saved, and `--model`."""
    parser.add_argument("--key", metavar="KEY", help=help or "the weights to use, of several in one file")
    parser.add_argument(
        "--input-scaling",
        metavar="SCALING",
        type=_input_scaling,
        help=help or f"pixels that foreign weights were trained on: {_scaling_names()} or MEAN/STD",
    )
    parser.add_argument("--model", metavar=NETWORK, help=help or "the file to run for a network of your own")


def chosen_foreign(options: argparse.Namespace) -> ForeignWeights:
    """Return the choices of `--key`, `--input-scaling` and `--model`.

    Raises `UsageError` if the file of `--model` is not there or cannot define the network.
    """
    return ForeignWeights(options.key, options.input_scaling, _network_file(options.model))


def add_foreign_pair(parser: argparse.ArgumentParser) -> None:
    """Add the options of `add_foreign` for two checkpoints.

    They are given once for both, or twice, for A and for B.
    """
    parser.add_argument(
        "--key", metavar="KEY", action="append", default=[], help="the weights to use; given twice: of A, then of B"
    )
    parser.add_argument(
        "--input-scaling",
        metavar="SCALING",
        action="append",
        default=[],
        type=_input_scaling,
        help="as of `evaluate`, for foreign weights; given twice: of A, then of B",
    )
    parser.add_argument(
        "--model",
        action="append",
        default=[],
        metavar=NETWORK,
        help="the file to run for a network of your own; given twice: of A, then of B",
    )


def chosen_foreign_pair(options: argparse.Namespace) -> list[ForeignWeights]:
    """Return the choices for A and B.

    Raises `UsageError` if an option is given more than twice, and as `chosen_foreign` does.
    """
    networks = [_network_file(text) for text in options.model]
    given = {"--key": options.key, "--input-scaling": options.input_scaling, "--model": networks}
    for name, values in given.items():
        if len(values) > 2:
            raise UsageError(f"{name} is given {len(values)} times; give it once for both checkpoints, or for A and B.")
    pairs = [(values * 2)[:2] or [None, None] for values in given.values()]
    return [ForeignWeights(*choices) for choices in zip(*pairs, strict=True)]


def _scaling_names() -> str:
    from emnist_tui.learning.inference import input_format  # here, since the app shows no help of it

    return ", ".join(input_format.NAMES)


def _input_scaling(text: str) -> str:
    from emnist_tui.learning.inference import input_format

    try:
        input_format.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _network_file(text: str | None) -> str | None:
    """Return the file of `--model` by its absolute path.

    Raises `UsageError` if it cannot define the network.
    """
    from emnist_tui.runs.network_sources import find_network  # here, since few command lines name one

    return text and str(find_network(text))


def add_json(parser: argparse.ArgumentParser, text: str = "print one JSON object") -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=text)


def find_checkpoint(options: argparse.Namespace, name: str) -> Path:
    """Return the checkpoint file of a path or a run's name.

    `-` is standard input. Raises `UsageError` if there is none, `EmnistTuiError` if a pipe cannot be read.
    """
    if name == STANDARD_STREAM:
        return input_file(name)
    return rereadable(lookup.find_checkpoint(folder.checkpoints_root(options.checkpoints), name))


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

    A run then finds its data from any working directory. Raises `UsageError` as `typed_path` does, and for an empty
    text, such as of an unset variable.
    """
    if not data.strip():
        raise UsageError("--data is empty; give auto, emnist, synthetic or a path.")
    return data if data in SOURCES else str(typed_path(data).absolute())
