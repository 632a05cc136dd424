"""The `neighbors` command, and the search behind `errors --neighbors`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from emnist_tui.analysis.neighbors import Neighbors, neighbors_path
from emnist_tui.analysis.predictions import Evaluation, Mistake
from emnist_tui.commands import options as shared
from emnist_tui.commands.output.json import print_json
from emnist_tui.commands.output.progress import print_phase, progress_printer
from emnist_tui.runs import folder
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.data_paths import require_source
from emnist_tui.runs.errors import ExitCode


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `neighbors`."""
    parser.add_argument(
        "evaluation",
        metavar="EVALUATION",
        type=shared.path,
        help="an evaluation's .npz file; the result goes beside it",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data", help="auto, emnist, synthetic or a path (the training data of the file's run)")
    source.add_argument(
        "--data-of", metavar="CHECKPOINT", type=shared.path, help="use the data that this checkpoint was trained on"
    )
    parser.add_argument("--key", metavar="KEY", help="the weights to use, of several in the file of --data-of")
    shared.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Find and write the neighbors of an evaluation's mistakes.

    Writes them beside the evaluation and prints the path.
    """
    evaluation = Evaluation.load(options.evaluation)
    source = folder.RunFolder(options.evaluation.absolute().parent)
    config = source.read_config() if source.exists() else None
    data = shared.chosen_data(options)
    if config and not data and not options.data_of:
        data = config.data
        require_source(data)
    nearest = find(evaluation, data, options.data_of, config=config, key=options.key)
    path = neighbors_path(options.evaluation)
    try:
        nearest.save(path)
    except OSError as error:
        raise folder.unwritable(path.parent, error) from None
    if options.json:
        searched = int(nearest.searched.sum())
        print_json({"file": str(path), "errors": len(nearest.indices), "searched": searched})
    else:
        print(path)
    return ExitCode.DONE


def find(
    evaluation: Evaluation,
    data: str | None,
    checkpoint: Path | None,
    *,
    config: TrainConfig | None = None,
    mistakes: Sequence[Mistake] | None = None,
    key: str | None = None,
) -> Neighbors:
    """Find the neighbors of `mistakes` in `data`.

    Without `data`, searches the data that `checkpoint` was trained on; `key` are its weights. Prints its progress on
    stderr. Raises `EmnistTuiError` if the data is unusable or not that of the evaluation.
    """
    print_phase("loading torch")
    from emnist_tui.learning.checkpoint.format import load_checkpoint
    from emnist_tui.learning.data.digits import resolve_auto
    from emnist_tui.learning.inference.neighbor_search import find_neighbors, load_split
    from emnist_tui.learning.inference.training_data import recorded_source
    from emnist_tui.learning.models.device import choose_device, choose_threads

    choose_threads(None, choose_device("cpu"))
    source = data or (recorded_source(load_checkpoint(checkpoint, key), checkpoint) if checkpoint else "auto")
    if not data:
        require_source(source)
    split = load_split(evaluation, resolve_auto(source, evaluation.data), config, print_phase)
    print_phase("finding the neighbors")
    return find_neighbors(split, evaluation, progress_printer("neighbors found"), mistakes)
