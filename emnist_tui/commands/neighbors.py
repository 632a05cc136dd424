"""The `neighbors` command, and the search behind `errors --neighbors`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from emnist_tui.analysis.neighbors import Neighbors, neighbors_path
from emnist_tui.analysis.predictions import Evaluation, Mistake
from emnist_tui.commands.output import console
from emnist_tui.runs import folder
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import ExitCode


def neighbors(options: argparse.Namespace) -> int:
    """Finds the neighbors of an evaluation's mistakes and keeps them in a file beside it, whose path it prints."""
    evaluation = Evaluation.load(options.evaluation)
    run = folder.RunFolder(options.evaluation.absolute().parent)
    config = run.read_config() if run.exists() else None
    data = options.data or (config.data if config and not options.data_of else None)
    found = find(evaluation, data, options.data_of, config=config)
    path = neighbors_path(options.evaluation)
    try:
        found.save(path)
    except OSError as error:
        raise folder.unwritable(path.parent, error) from None
    searched = int(found.searched.sum())
    print(json.dumps({"file": str(path), "errors": len(found.indices), "searched": searched}) if options.json else path)
    return ExitCode.DONE


def find(
    evaluation: Evaluation,
    data: str | None,
    checkpoint: Path | None,
    *,
    config: TrainConfig | None = None,
    mistakes: Sequence[Mistake] | None = None,
) -> Neighbors:
    """The neighbors of `mistakes`, in `data`, else in what `checkpoint` was trained on; tells stderr how far it is.

    Raises `EmnistTuiError` when the data will not do or is not that of the evaluation.
    """
    console.tell_phase("loading torch")
    from emnist_tui.learning.checkpoint.format import load_checkpoint
    from emnist_tui.learning.data.dataset import resolve_auto
    from emnist_tui.learning.inference.evaluate import trained_on
    from emnist_tui.learning.inference.neighbor_search import find_neighbors, load_split
    from emnist_tui.learning.models.device import choose_device, choose_threads

    choose_threads(None, choose_device("cpu"))
    source = data or (trained_on(load_checkpoint(checkpoint)) if checkpoint else "auto")
    split = load_split(evaluation, resolve_auto(source, evaluation.data), config, console.tell_phase)
    console.tell_phase("finding the neighbors")
    return find_neighbors(split, evaluation, console.progress_lines("neighbors found"), mistakes)
