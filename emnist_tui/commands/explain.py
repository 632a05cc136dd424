"""The `explain` command: why a digit is predicted as it is."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.explanation import Explanation
from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.analysis.network.network import Pass
from emnist_tui.commands import options as shared
from emnist_tui.commands.output import cell_arithmetic, explanations
from emnist_tui.commands.output.json import input_to_json, print_json, without_infinities
from emnist_tui.commands.output.progress import print_event, print_phase, progress_printer
from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.pipes import input_file
from emnist_tui.runs.atomic_files import replacing
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError
from emnist_tui.text import formats

if TYPE_CHECKING:
    from emnist_tui.learning.inference.explained import Examined

SPLITS = ("test", "train", "validation")
_CELL = re.compile(r"(?P<layer>.+?):(?P<map>\d{1,9})(?::(?P<row>\d{1,9}),(?P<column>\d{1,9}))?", re.ASCII)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `explain`."""
    shared.add_checkpoint(parser)
    digit = parser.add_mutually_exclusive_group(required=True)
    digit.add_argument("--index", type=_index, metavar="N", help="the digit of this index, as `errors` prints it")
    digit.add_argument("--file", metavar="IMAGE", help="the digit in a PNG or JPEG file, or -")
    parser.add_argument("--split", choices=SPLITS, default="test", help="the split of --index (test)")
    parser.add_argument(
        "--class", dest="against", type=int, choices=range(10), metavar="C",
        help="why not this digit (the true one, else the second best)",
    )  # fmt: skip
    parser.add_argument(
        "--cell", type=_cell, metavar="LAYER:MAP:ROW,COLUMN", help="print the arithmetic of one cell instead, from 0"
    )
    parser.add_argument(
        "--folded", action="store_true", help="fold each batch norm into the layer before it, in --cell"
    )
    parser.add_argument("--arrays", metavar="FILE.npz", type=shared.path, help="also write every number to a new file")
    parser.add_argument("--data", help="auto, emnist, synthetic or a path (the checkpoint's training data)")
    shared.add_foreign(parser)
    shared.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Explain the answer for one digit."""
    if options.file is not None and (options.data is not None or options.split != SPLITS[0]):
        raise UsageError("--split and --data are about --index; leave them out with --file.")
    if options.folded and not options.cell:
        raise UsageError("--folded is about the arithmetic of a cell; name one with --cell.")
    if options.arrays:
        require_new_file(options.arrays)
    path = shared.find_checkpoint(options, options.checkpoint)
    found = _examine(path, options)
    print_event(found.loaded)
    passed = found.passed
    against = passed.runner_up if options.against is None else options.against
    if against == passed.predicted:
        raise UsageError(f"The digit is predicted as {against}; choose another --class.")
    cell = _find_cell(passed, options.cell) if options.cell else None
    explanation = Explanation.of(passed, found.logits, against, found.sample, found.slope, progress_printer)
    if options.arrays:
        _write_arrays(options.arrays, explanation)
    name = _name(options)
    if options.json:
        cells = {"cell": cell_arithmetic.cell_to_json(passed, cell, folded=options.folded)} if cell else {}
        about = {"checkpoint": str(path), **_place(options, found), **input_to_json(found.loaded)}
        print_json(without_infinities(about | explanations.to_json(explanation) | cells))
    elif cell:
        print("\n".join(cell_arithmetic.draw_cell(passed, cell, folded=options.folded)))
    else:
        print("\n".join(explanations.draw(explanation, name)))
    return ExitCode.DONE


def require_new_file(output: Path) -> None:
    """Raise `UsageError` if `output` exists: nothing is overwritten."""
    if output.exists() or output.is_symlink():
        raise UsageError(f"{output} already exists; choose another name with --arrays.")


def _examine(path: Path, options: argparse.Namespace) -> "Examined":
    print_phase("loading torch")
    from emnist_tui.learning.inference.explained import examine_digit, examine_picture
    from emnist_tui.learning.models.device import choose_device, choose_threads

    choose_threads(None, choose_device("cpu"))
    foreign = shared.chosen_foreign(options)
    if options.file is not None:
        return examine_picture(path, input_file(options.file), print_phase, foreign)
    return examine_digit(path, options.split, options.index, shared.chosen_data(options), print_phase, foreign)


def _name(options: argparse.Namespace) -> str:
    if options.file is not None:
        return formats.printable(options.file)
    return f"#{formats.count(options.index)} of {options.split}"


def _place(options: argparse.Namespace, found: "Examined") -> dict[str, object]:
    if options.file is not None:
        return {"dataset": None, "split": None, "index": None, "file": options.file}
    return {"dataset": found.dataset, "split": options.split, "index": options.index, "file": None}


def _write_arrays(output: Path, explanation: Explanation) -> None:
    import numpy as np

    arrays = explanation.arrays()
    try:
        with replacing(output) as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
    except OSError as error:
        raise EmnistTuiError(
            f"{output} cannot be written ({error.strerror or error}); choose another file with --arrays."
        ) from None
    print_message(f"wrote {formats.count(len(arrays))} arrays to {output}")


def _find_cell(passed: Pass, text: str) -> Cell:
    """Return the cell that a user named.

    Its layer is a node, or a layer's title with a hyphen, which stands for its convolution or linear operation. Raises
    `UsageError` if there is no such cell.
    """
    match = _CELL.fullmatch(text)
    assert match is not None
    titles = {
        layer.title.replace(" ", "-"): layer.main.name
        for layer in layers_of(passed.network.graph, passed.network.weights)
    }
    node = titles.get(match["layer"], match["layer"])
    if node not in passed.values:
        raise UsageError(f"There is no layer {match['layer']}; choose one of {', '.join([*titles, *passed.values])}.")
    shape = passed.values[node].shape
    index = tuple(int(part) for part in (match["map"], match["row"], match["column"]) if part is not None)
    if len(index) != len(shape):
        form = "LAYER:MAP:ROW,COLUMN" if len(shape) == 3 else "LAYER:UNIT"
        raise UsageError(f"{match['layer']} has the shape {formats.shape(shape)}; name its cells as {form}.")
    if any(at >= size for at, size in zip(index, shape, strict=True)):
        raise UsageError(f"{match['layer']} has the shape {formats.shape(shape)}, counted from 0; {text} is outside.")
    return Cell(node, index)


def _index(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, not {text!r}")
    return int(text)


def _cell(text: str) -> str:
    if not _CELL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"must be as layers.0:1:9,13, or answer:8 for a unit, not {text!r}")
    return text
