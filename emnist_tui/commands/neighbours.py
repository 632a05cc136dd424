"""The `neighbours` command, and the search behind `errors --neighbours`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from emnist_tui.commands import console
from emnist_tui.runs import folder
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import ExitCode
from emnist_tui.runs.evaluation import Evaluation, Mistake
from emnist_tui.runs.neighbours import Neighbours, neighbours_path


def neighbours(options: argparse.Namespace) -> int:
    """Finds the neighbours of an evaluation's mistakes and keeps them in a file beside it, whose path it prints."""
    evaluation = Evaluation.load(options.evaluation)
    run = folder.RunFolder(options.evaluation.absolute().parent)
    config = run.read_config() if run.exists() else None
    data = options.data or (config.data if config and not options.data_of else None)
    found = find(evaluation, data, options.data_of, config=config)
    path = neighbours_path(options.evaluation)
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
) -> Neighbours:
    """The neighbours of `mistakes`, in `data`, else in what `checkpoint` was trained on; tells stderr how far it is.

    Raises `EmnistTuiError` when the data will not do or is not that of the evaluation.
    """
    console.tell_phase("loading torch")
    from emnist_tui.learning.checkpoint import load_checkpoint
    from emnist_tui.learning.dataset import resolve_auto
    from emnist_tui.learning.device import choose_device, choose_threads
    from emnist_tui.learning.inspection import trained_on
    from emnist_tui.learning.neighbours import find_neighbours, load_split

    choose_threads(None, choose_device("cpu"))
    source = data or (trained_on(load_checkpoint(checkpoint)) if checkpoint else "auto")
    split = load_split(evaluation, resolve_auto(source, evaluation.data), config, console.tell_phase)
    console.tell_phase("finding the neighbours")
    return find_neighbours(split, evaluation, console.progress_lines("neighbours found"), mistakes)
