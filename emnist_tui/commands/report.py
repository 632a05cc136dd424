"""The `report` command: a checkpoint or sweep as a folder to share.

The folder has one page, the metrics, and all predictions or trials.
"""

import argparse
from contextlib import suppress
from pathlib import Path

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.analysis.triage import Triage, triage_path
from emnist_tui.commands import options as shared
from emnist_tui.commands.checkpoint_names import display_name, output_stem, run_of
from emnist_tui.commands.evaluate import evaluate
from emnist_tui.commands.output.json import health_to_json, input_to_json
from emnist_tui.commands.output.streams import print_message
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.folder import checkpoints_root
from emnist_tui.runs.record import RunRecord
from emnist_tui.runs.sweeps.board import SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder, named_sweep


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `report`."""
    shared.add_checkpoint(parser)
    shared.add_data(parser)
    shared.add_foreign(parser)
    parser.add_argument("--output", metavar="DIR", type=shared.path, help="the report's folder (./CHECKPOINT-report)")


def run(options: argparse.Namespace) -> int:
    """Evaluate a checkpoint and write its report.

    Prints the path of the page.
    """
    from emnist_tui.report.folder import Report, refuse_foreign

    if sweep := named_sweep(checkpoints_root(options.checkpoints), options.checkpoint):
        return _report_sweep(sweep, options.output)
    path = shared.find_checkpoint(options, options.checkpoint)
    output: Path = options.output or Path(f"{output_stem(path)}-report")
    refuse_foreign(output)
    evaluation, loaded, health = evaluate(path, options)
    triage, problem = _load_triage(path, evaluation)
    if problem:
        print_message(f"the report leaves out the judgments: {problem}")
    facts = input_to_json(loaded) | health_to_json(health)
    report = Report(display_name(path), evaluation, triage, _read_record(path), problem, facts)
    print(report.write(output))
    return ExitCode.DONE


def _report_sweep(sweep: SweepFolder, output: Path | None) -> int:
    """Write the report of a sweep as it is now."""
    from emnist_tui.report.sweep_report import SweepReport

    board = SweepBoard(sweep).refresh()
    print(SweepReport(board).write(output or Path(f"{sweep.name}-report")))
    return ExitCode.DONE


def _read_record(path: Path) -> RunRecord | None:
    """Read the whole history of the run that contains a checkpoint."""
    run = run_of(path)
    if run is None:
        return None
    record = RunRecord()
    with suppress(OSError):
        for event in read_events(run.events):
            record.apply(event)
    return record


def _load_triage(path: Path, evaluation: Evaluation) -> tuple[Triage, str | None]:
    """Load the judgments of an evaluation's images.

    Returns empty ones with the reason if the file is unusable.
    """
    file = triage_path(path, evaluation.split)
    about = evaluation.data, evaluation.fingerprint, evaluation.split
    try:
        return Triage.load(file, *about), None
    except EmnistTuiError as error:
        return Triage(file, *about), str(error)
