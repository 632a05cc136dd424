"""The `predict` command: which digits pictures show."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.commands import analysis
from emnist_tui.commands.output import console
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.text import ascii_art, formats
from emnist_tui.text.bars import bar

if TYPE_CHECKING:
    from emnist_tui.learning.inference.classify import Classification

_GAP = 3
_BAR = 36  # columns; with the digit beside it a line takes 77


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help=analysis.CHECKPOINT_HELP)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="a picture of one digit, PNG or JPEG")
    parser.add_argument("--json", action="store_true", help="one object on stdout")


def predict(options: argparse.Namespace) -> int:
    """Every picture is tried; one that will not do is told on stderr, and is what the command fails for."""
    path = analysis.find_checkpoint(options, options.checkpoint)
    console.tell_phase("loading torch")
    from emnist_tui.learning.inference.classify import load_network, recognize
    from emnist_tui.learning.models.device import choose_device, choose_threads

    choose_threads(None, choose_device("cpu"))
    network = load_network(path, console.tell_phase)
    recognized: list[dict[str, object]] = []
    code = ExitCode.DONE
    for image in options.images:
        try:
            found = recognize(network, Path(image))
        except EmnistTuiError as error:
            print(f"emnist-tui: {formats.printable(str(error))}", file=sys.stderr, flush=True)
            code = ExitCode.FAILED
            continue
        if options.json:
            recognized.append(_to_json(image, found))
        else:
            print("\n".join(_drawn(image, found)), end="\n\n", flush=True)
    if options.json:
        print(json.dumps({"checkpoint": str(path), "shown": recognized}))
    return code


def _drawn(image: str, found: "Classification") -> list[str]:
    """Lines of at most 80 columns, but for a long name: what the network saw, and its probabilities beside it."""
    digit = ascii_art.ascii_art(found.image)
    bars = [
        f"{number} {bar(float(share), _BAR)}{formats.percent(float(share)):>8}"
        for number, share in enumerate(found.probabilities)
    ]
    above = (len(digit) - len(bars)) // 2
    beside = [*[""] * above, *bars, *[""] * (len(digit) - len(bars) - above)]
    name = formats.printable(image)
    return [
        f"{name}  predicted {found.predicted}  confidence {formats.percent(found.confidence)}",
        *(f"{left}{' ' * _GAP}{right}".rstrip() for left, right in zip(digit, beside, strict=True)),
    ]


def _to_json(image: str, found: "Classification") -> dict[str, object]:
    return {
        "image": image,
        "predicted": found.predicted,
        "confidence": found.confidence,
        "probabilities": found.probabilities.tolist(),
        "pixels": found.image.tolist(),
    }
