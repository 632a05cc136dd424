"""The `evaluate` command: accuracy, loss and confusion matrix of a checkpoint."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.commands import options as shared
from emnist_tui.commands.output import tables
from emnist_tui.commands.output.json import health_to_json, input_to_json, print_json
from emnist_tui.commands.output.progress import print_event
from emnist_tui.runs import folder
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, NetworkNeededError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointLoaded, Evaluated, Event, PhaseStarted, RunFailed
from emnist_tui.runs.unit_health import LayerHealth


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `evaluate`."""
    shared.add_checkpoint(parser)
    shared.add_data(parser)
    shared.add_foreign(parser)
    parser.add_argument("--output", metavar="FOLDER", type=shared.path, help="write predictions and events here")
    shared.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Evaluate a checkpoint and print the result."""
    path = shared.find_checkpoint(options, options.checkpoint)
    evaluation, loaded, health = evaluate(path, options, options.output)
    if options.json:
        print_json(evaluation.to_json() | input_to_json(loaded) | health_to_json(health))
    else:
        tables.print_evaluation(evaluation, health)
    return ExitCode.DONE


def evaluate(
    path: Path, options: argparse.Namespace, output: Path | None = None
) -> tuple[Evaluation, CheckpointLoaded, list[LayerHealth]]:
    """Evaluate a checkpoint by `--data`, `--device` and the options about foreign weights.

    Also returns the event that describes the checkpoint, and the health of its units. Writes its events to `output` if
    given, else its progress to stderr. Raises `EmnistTuiError` if the checkpoint or the data is unusable or `output`
    cannot be written.
    """
    with _reporting(output) as report:
        try:
            report(PhaseStarted(phase="loading torch"))
            from emnist_tui.learning.inference.evaluate import evaluate_checkpoint

            loaded: list[CheckpointLoaded] = []
            evaluated: list[Evaluated] = []

            def observe(event: Event) -> None:
                if isinstance(event, CheckpointLoaded):
                    loaded.append(event)
                elif isinstance(event, Evaluated):
                    evaluated.append(event)
                report(event)

            evaluation = evaluate_checkpoint(
                path,
                data=shared.chosen_data(options),
                device=options.device,
                output=output,
                on_event=observe,
                foreign=shared.chosen_foreign(options),
            )
            return evaluation, loaded[0], LayerHealth.all_of(evaluated[0])
        except EmnistTuiError as error:
            if output:
                needed = error.network if isinstance(error, NetworkNeededError) else None
                report(RunFailed(error=str(error), network=needed))
            raise
        except OSError as error:
            raise folder.unwritable(output or path, error) from None


@contextmanager
def _reporting(output: Path | None) -> Iterator[Callable[[Event], None]]:
    if output is None:
        yield print_event
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        run = folder.RunFolder(output)
        run.events.unlink(missing_ok=True)
    except OSError as error:
        raise folder.unwritable(output, error) from None
    with run.held(), EventLog(run.events) as log:
        yield log.write
