"""The `predict` command: digits classified in PNG or JPEG images."""

import argparse
from typing import TYPE_CHECKING

from emnist_tui.commands import options as shared
from emnist_tui.commands.output.json import input_to_json, print_json
from emnist_tui.commands.output.progress import print_event, print_phase
from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.pipes import input_file
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.text import ascii_art, formats
from emnist_tui.text.bars import bar

if TYPE_CHECKING:
    from emnist_tui.learning.inference.classify import Classification

_GAP = 3
_BAR = 36  # columns; with the digit beside it a line takes 77


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `predict`."""
    shared.add_checkpoint(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a PNG or JPEG file that shows one digit, or -")
    shared.add_foreign(parser)
    shared.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Classify every image.

    An unusable one is reported on stderr and makes the command fail.
    """
    path = shared.find_checkpoint(options, options.checkpoint)
    print_phase("loading torch")
    from emnist_tui.learning.inference.classify import load_network, recognize
    from emnist_tui.learning.models.device import choose_device, choose_threads

    choose_threads(None, choose_device("cpu"))
    network, loaded = load_network(path, shared.chosen_foreign(options), print_phase)
    print_event(loaded)
    classified: list[dict[str, object]] = []
    code = ExitCode.DONE
    for image in options.images:
        try:
            result = recognize(network, input_file(image))
        except EmnistTuiError as error:
            print_message(str(error))
            code = ExitCode.FAILED
            continue
        if options.json:
            classified.append(_to_json(image, result))
        else:
            print("\n".join(_drawn(image, result)), end="\n\n", flush=True)
    if options.json:
        print_json({"checkpoint": str(path), **input_to_json(loaded), "shown": classified})
    return code


def _drawn(image: str, result: "Classification") -> list[str]:
    """Draw the image the network got, with the probabilities beside it.

    Lines have at most 80 columns; only the first is longer where the file's name is.
    """
    digit = ascii_art.ascii_art(result.image)
    bars = [
        f"{number} {bar(float(share), _BAR)}{formats.percent(float(share)):>8}"
        for number, share in enumerate(result.probabilities)
    ]
    above = (len(digit) - len(bars)) // 2
    beside = [*[""] * above, *bars, *[""] * (len(digit) - len(bars) - above)]
    name = formats.printable(image)
    return [
        f"{name}  predicted {result.predicted}  confidence {formats.percent(result.confidence)}",
        *(f"{left}{' ' * _GAP}{right}".rstrip() for left, right in zip(digit, beside, strict=True)),
    ]


def _to_json(image: str, result: "Classification") -> dict[str, object]:
    return {
        "image": image,
        "predicted": result.predicted,
        "confidence": result.confidence,
        "probabilities": result.probabilities.tolist(),
        "pixels": result.image.tolist(),
    }
