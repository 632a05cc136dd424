"""The `export` command: a checkpoint's network as a file for other programs."""

import argparse
import sys
from pathlib import Path

from emnist_tui.commands import analysis
from emnist_tui.commands.output import console
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.text import formats

FORMATS = ("state-dict", "safetensors", "onnx", "torchscript", "json")
"""Those of `learning.export_formats`, which takes long to import."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=analysis.CHECKPOINT_HELP)
    parser.add_argument("--format", required=True, choices=FORMATS, help="; ".join(FORMATS), metavar="FORMAT")
    parser.add_argument("--output", metavar="FILE", type=Path, help="a new file (here, named after the checkpoint)")
    parser.add_argument("--data", help="whose test digits check it: auto, emnist, synthetic or a path (its own)")


def export(options: argparse.Namespace) -> int:
    path = analysis.find_checkpoint(options, options.checkpoint)
    console.tell_phase("loading torch")
    from emnist_tui.learning.export.exporter import export_checkpoint
    from emnist_tui.learning.export.formats import FORMATS
    from emnist_tui.learning.models.device import choose_device, choose_threads

    choose_threads(None, choose_device("cpu"))
    output: Path = options.output or Path(f"{analysis.file_name(path)}{FORMATS[options.format].ending}")
    try:
        check = export_checkpoint(path, options.format, output, analysis.chosen_data(options), console.tell_phase)
    except OSError as error:
        raise EmnistTuiError(
            f"{output} cannot be written ({error.strerror or error}); choose another file with --output."
        ) from None
    images, differ = formats.count(check.images), f"differ by at most {check.difference:.1e}"
    words = (
        f"loaded back and compared on {images} test images of {check.data}: {formats.count(check.equal)} of {images} "
        f"predictions are equal, logits {differ if check.difference else 'are equal'}",
        f"the network takes {check.input}",
    )
    for sentence in words:
        print(f"emnist-tui: {formats.printable(sentence)}", file=sys.stderr)
    print(output)
    return ExitCode.DONE
