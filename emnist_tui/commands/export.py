"""The `export` command: a checkpoint's network as a file for other programs."""

import argparse
from pathlib import Path

from emnist_tui.commands import options as shared
from emnist_tui.commands.checkpoint_names import output_stem
from emnist_tui.commands.output.progress import print_event, print_phase
from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.text import formats

FORMATS = ("state-dict", "safetensors", "onnx", "torchscript", "json")
"""The names in `learning.export.formats`, which imports torch."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `export`."""
    shared.add_checkpoint(parser)
    parser.add_argument("--format", required=True, choices=FORMATS, help="; ".join(FORMATS), metavar="FORMAT")
    parser.add_argument(
        "--output", metavar="FILE", type=shared.path, help="a new file (./CHECKPOINT with the format's ending)"
    )
    shared.add_foreign(parser)
    parser.add_argument(
        "--data", help="data whose test split verifies the file: auto, emnist, synthetic or a path (the training data)"
    )


def run(options: argparse.Namespace) -> int:
    """Export a checkpoint, verify the file against it and print the path."""
    path = shared.find_checkpoint(options, options.checkpoint)
    print_phase("loading torch")
    from emnist_tui.learning.export.exporter import export_checkpoint
    from emnist_tui.learning.export.formats import FORMATS
    from emnist_tui.learning.models.device import choose_device, choose_threads

    choose_threads(None, choose_device("cpu"))
    output: Path = options.output or Path(f"{output_stem(path)}{FORMATS[options.format].ending}")
    try:
        check = export_checkpoint(
            path,
            options.format,
            output,
            shared.chosen_data(options),
            print_phase,
            shared.chosen_foreign(options),
        )
    except OSError as error:
        raise EmnistTuiError(
            f"{output} cannot be written ({error.strerror or error}); choose another file with --output."
        ) from None
    print_event(check.loaded)
    images, differ = formats.count(check.images), f"differ by at most {check.difference:.1e}"
    print_message(
        f"loaded back and compared on {images} test images of {check.data}: {formats.count(check.equal)} of {images} "
        f"predictions are equal, logits {differ if check.difference else 'are equal'}"
    )
    print_message(f"the network takes {check.input}")
    print(output)
    return ExitCode.DONE
