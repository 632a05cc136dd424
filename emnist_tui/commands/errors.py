"""The `errors` command: the misclassified digits of a checkpoint."""

import argparse
from collections.abc import Iterable

from emnist_tui.analysis.neighbors import Neighbors
from emnist_tui.analysis.predictions import SORTS, Mistake
from emnist_tui.commands import neighbors
from emnist_tui.commands import options as shared
from emnist_tui.commands.evaluate import evaluate
from emnist_tui.commands.output.json import input_to_json, print_json
from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs.errors import ExitCode
from emnist_tui.text import ascii_art, formats

_NARROW = 26  # columns of one of three digits in a line


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `errors`."""
    shared.add_checkpoint(parser)
    shared.add_data(parser)
    shared.add_foreign(parser)
    parser.add_argument("--true", type=int, choices=range(10), metavar="D", help="only images of this digit")
    parser.add_argument("--predicted", type=int, choices=range(10), metavar="D", help="only images predicted as this")
    parser.add_argument("--sort", choices=SORTS, default="loss", help="worst first, or by index (loss)")
    parser.add_argument(
        "--min-confidence", type=_probability, metavar="P", help="only predictions of at least this probability, 0 to 1"
    )
    parser.add_argument("--limit", type=_positive, default=10, metavar="N", help="number of images to print (10)")
    parser.add_argument(
        "--neighbors",
        action="store_const",
        const="neighbors",
        help="print each beside its nearest correctly classified digits",
    )
    # The former spelling, whose scripts read the JSON key of the same name.
    parser.add_argument(
        "--neighbours", dest="neighbors", action="store_const", const="neighbours", help=argparse.SUPPRESS
    )
    shared.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Print the misclassified images that pass the filters."""
    path = shared.find_checkpoint(options, options.checkpoint)
    evaluation, loaded, _ = evaluate(path, options)
    mistakes = evaluation.mistakes(options.true, options.predicted, options.sort, min_confidence=options.min_confidence)
    shown = mistakes[: options.limit]
    nearest: Neighbors | None = None
    if options.neighbors:
        nearest = neighbors.find(evaluation, shared.chosen_data(options), path, mistakes=shown, key=options.key)
    if options.json:
        print_json(
            {
                "dataset": evaluation.data,
                "images": evaluation.images,
                "errors": len(mistakes),
                **input_to_json(loaded),
                "shown": [mistake_to_json(mistake, nearest, options.neighbors) for mistake in shown],
            }
        )
    else:
        _print_mistakes(shown, nearest)
        print_message(f"{len(shown)} of {len(mistakes):,} misclassified images")
    return ExitCode.DONE


def _print_mistakes(mistakes: Iterable[Mistake], nearest: Neighbors | None) -> None:
    """Print each digit as captioned ASCII art, beside its neighbors if given."""
    for mistake in mistakes:
        print(
            f"#{formats.count(mistake.index)}  true {mistake.true}  predicted {mistake.predicted}  "
            f"confidence {formats.percent(mistake.confidence)}  loss {formats.loss(mistake.loss)}",
        )
        drawn = _beside_neighbors(mistake, nearest) if nearest else ascii_art.ascii_art(mistake.image)
        print("\n".join(drawn), end="\n\n")


def _beside_neighbors(mistake: Mistake, nearest: Neighbors) -> list[str]:
    """Draw a digit beside its neighbors, with captions.

    The neighbors are of the true and of the predicted class. All three fit in 80 columns.
    """
    columns = [["misclassified", "", *_narrow_art(mistake.image)]]
    for digit, neighbor in zip((mistake.true, mistake.predicted), nearest.of(mistake), strict=True):
        if neighbor is None:
            columns.append([f"no correctly classified {digit}", *[""] * (len(columns[0]) - 1)])
        else:
            place = f"#{formats.count(neighbor.index)}, distance {formats.count(neighbor.distance)}"
            columns.append([f"nearest correct {digit}", place, *_narrow_art(neighbor.image)])
    return [" ".join(part.ljust(_NARROW) for part in line).rstrip() for line in zip(*columns, strict=True)]


def _narrow_art(image: ascii_art.Image) -> list[str]:
    """Draw a digit without its outermost columns.

    These are blank in EMNIST, and without them three digits fit in 80 columns.
    """
    return [line[1:-1] for line in ascii_art.ascii_art(image)]


def mistake_to_json(
    mistake: Mistake, nearest: Neighbors | None = None, key: str | None = "neighbors"
) -> dict[str, object]:
    """Describe a mistake, with its neighbors under `key`.

    A neighbor is null if its class has no correctly classified image.
    """
    values: dict[str, object] = {
        "index": mistake.index,
        "true": mistake.true,
        "predicted": mistake.predicted,
        "confidence": mistake.confidence,
        "margin": mistake.margin,
        "loss": mistake.loss,
        "probabilities": mistake.probabilities.tolist(),
    }
    if nearest and key:
        values[key] = {
            name: {"index": neighbor.index, "distance": neighbor.distance} if neighbor else None
            for name, neighbor in zip(("true", "predicted"), nearest.of(mistake), strict=True)
        }
    return values


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, not {text!r}")
    return int(text)


def _probability(text: str) -> float:
    try:
        probability = float(text)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise argparse.ArgumentTypeError(f"must be a number from 0 to 1, not {text!r}")
    return probability
