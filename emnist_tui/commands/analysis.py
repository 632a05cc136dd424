"""The commands that look at checkpoints: evaluate, errors, compare and report."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, triage_path
from emnist_tui.commands import neighbors
from emnist_tui.commands.output import console, tables
from emnist_tui.runs import folder
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.event_log import EventLog, read_events
from emnist_tui.runs.events import Event, PhaseStarted, RunFailed
from emnist_tui.runs.record import RunRecord
from emnist_tui.text.formats import printable

CHECKPOINT_HELP = "a .pt file, or a run's name for its best or last"


def evaluate(options: argparse.Namespace) -> int:
    evaluation = _evaluation_of(find_checkpoint(options, options.checkpoint), options, options.output)
    if options.json:
        print(json.dumps(evaluation.to_json()))
    else:
        tables.print_evaluation(evaluation)
    return ExitCode.DONE


def errors(options: argparse.Namespace) -> int:
    path = find_checkpoint(options, options.checkpoint)
    evaluation = _evaluation_of(path, options)
    mistakes = evaluation.mistakes(options.true, options.predicted, options.sort, min_confidence=options.min_confidence)
    shown = mistakes[: options.limit]
    found = neighbors.find(evaluation, chosen_data(options), path, mistakes=shown) if options.neighbors else None
    if options.json:
        print(
            json.dumps(
                {
                    "dataset": evaluation.data,
                    "images": evaluation.images,
                    "errors": len(mistakes),
                    "shown": [console.mistake_to_json(mistake, found) for mistake in shown],
                }
            )
        )
    else:
        console.print_mistakes(shown, found)
        print(f"emnist-tui: {len(shown)} of {len(mistakes):,} misclassified images", file=sys.stderr)
    return ExitCode.DONE


def compare(options: argparse.Namespace) -> int:
    paths = [find_checkpoint(options, name) for name in (options.a, options.b)]
    lines = console.Lines()
    lines.observe(PhaseStarted(phase="loading torch"))
    from emnist_tui.learning.inference.evaluate import evaluate_checkpoints

    found = evaluate_checkpoints(paths, data=chosen_data(options), device=options.device, on_event=lines.observe)
    comparison = Comparison(*found)
    if options.json:
        print(json.dumps(_with_names(comparison, *paths)))
    else:
        tables.print_comparison(comparison, *(_name(path) for path in paths))
    return ExitCode.DONE


def report(options: argparse.Namespace) -> int:
    from emnist_tui.report.folder import Report, refuse_foreign

    path = find_checkpoint(options, options.checkpoint)
    name = _name(path)
    output: Path = options.output or Path(f"{file_name(path)}-report")
    refuse_foreign(output)
    evaluation = _evaluation_of(path, options)
    triage, problem = _triage_of(path, evaluation)
    if problem:
        print(f"emnist-tui: the report leaves the judgments out: {printable(problem)}", file=sys.stderr)
    print(Report(name, evaluation, triage, _record_of(path), problem).write(output))
    return ExitCode.DONE


def absolute_if_path(data: str) -> str:
    """A run must find its data again from any working directory."""
    if data in ("", "auto", "emnist", "synthetic"):
        return data
    return str(Path(os.path.expanduser(data)).absolute())  # noqa: PTH111 - pathlib raises for an unknown user


def find_checkpoint(options: argparse.Namespace, name: str) -> Path:
    """The file that a command's CHECKPOINT names. Raises `UsageError` when there is none."""
    return folder.find_checkpoint(folder.checkpoints_root(options.checkpoints), name)


def chosen_data(options: argparse.Namespace) -> str | None:
    """What `--data` names, None where it was not given."""
    return None if options.data is None else absolute_if_path(options.data)


def _evaluation_of(path: Path, options: argparse.Namespace, output: Path | None = None) -> Evaluation:
    """Evaluates the checkpoint, telling how far it is: into `output`'s events, else on stderr."""
    with _evaluation_log(output) as tell:
        try:
            tell(PhaseStarted(phase="loading torch"))
            from emnist_tui.learning.inference.evaluate import evaluate_checkpoint

            return evaluate_checkpoint(
                path, data=chosen_data(options), device=options.device, output=output, on_event=tell
            )
        except EmnistTuiError as error:
            if output:
                tell(RunFailed(error=str(error)))
            raise
        except OSError as error:
            raise folder.unwritable(output or path, error) from None


@contextmanager
def _evaluation_log(output: Path | None) -> Iterator[Callable[[Event], None]]:
    if output is None:
        lines = console.Lines()
        yield lines.observe
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
        run = folder.RunFolder(output)
        run.events.unlink(missing_ok=True)
    except OSError as error:
        raise folder.unwritable(output, error) from None
    with run.held(), EventLog(run.events) as log:
        yield log.write


def _run_of(path: Path) -> folder.RunFolder | None:
    """The run in whose folder a checkpoint lies."""
    run = folder.RunFolder(path.absolute().parent)
    return run if run.exists() else None


def _name(path: Path) -> str:
    run = _run_of(path)
    return f"{run.name}/{path.name}" if run else path.name


def file_name(path: Path) -> str:
    """`seed0` for the checkpoint that stands for a run, `seed0-epoch-001` for another, `mine` for `mine.pt`."""
    run = _run_of(path)
    if run is None:
        return path.stem
    return run.name if path.stem in ("best", "last") else f"{run.name}-{path.stem}"


def _record_of(path: Path) -> RunRecord | None:
    """What is known of the run in whose folder a checkpoint lies, every batch included."""
    run = _run_of(path)
    if run is None:
        return None
    record = RunRecord()
    with suppress(OSError):
        for event in read_events(run.events):
            record.apply(event)
    return record


def _triage_of(path: Path, evaluation: Evaluation) -> tuple[Triage, str | None]:
    """The judgments on this evaluation's images, none and why where those that there are will not do."""
    file = triage_path(path, evaluation.split)
    about = evaluation.data, evaluation.fingerprint, evaluation.split
    try:
        return Triage.load(file, *about), None
    except EmnistTuiError as error:
        return Triage(file, *about), str(error)


def _with_names(comparison: Comparison, a: Path, b: Path) -> dict[str, object]:
    found = comparison.to_json()
    return {**found, "a": {"checkpoint": str(a), **found["a"]}, "b": {"checkpoint": str(b), **found["b"]}}
