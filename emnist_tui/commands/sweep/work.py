"""The `sweep work` command: workers that train the trials of a sweep."""

import argparse
import os
import signal
from collections.abc import Callable
from types import FrameType

from emnist_tui.commands import options as shared
from emnist_tui.commands.output.json import print_json
from emnist_tui.commands.output.streams import print_line, print_message
from emnist_tui.commands.sweep.options import add_sweep, chosen_sweep, whole
from emnist_tui.commands.sweep.worker_processes import WorkerProcesses
from emnist_tui.learning.search.worker import End, SweepWorker
from emnist_tui.runs import signals
from emnist_tui.runs.config import explain_bad_value
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.requests import read_requests
from emnist_tui.runs.sweeps.space import Point
from emnist_tui.runs.sweeps.trial import Trial
from emnist_tui.text import formats

_MOST_WORKERS = 256


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sweep work`."""
    add_sweep(parser)
    parser.add_argument(
        "--workers", type=whole(1, _MOST_WORKERS), default=1, metavar="N", help="processes, each a trial at a time (1)"
    )
    parser.add_argument("--device", type=_device, help=f"{shared.DEVICE_HELP} (that of the sweep)")
    shared.add_json(parser, "print the best trial and its test, one JSON object")


def _device(text: str) -> str:
    if problem := explain_bad_value("device", text):
        raise argparse.ArgumentTypeError(f"{problem}, not {text!r}")
    return text


def run(options: argparse.Namespace) -> int:
    """Train trials until none is left, and print the best.

    Raises `EmnistTuiError` if the sweep is stopped or no worker can go on, and `KeyboardInterrupt` if it is interrupted
    before it is ready.
    """
    sweep = chosen_sweep(options)
    if read_requests(sweep.control).desired is Desired.STOP:
        raise EmnistTuiError(f"Sweep {sweep.name} is stopped; `emnist-tui sweep resume {sweep.name}` lets it go on.")
    end = work(sweep, options.workers, options.device)
    if end is End.INTERRUPTED:
        return ExitCode.INTERRUPTED
    if end is End.STOPPED:
        return ExitCode.DONE
    board = SweepBoard(sweep).refresh()
    _print_best(board, is_json=options.json)
    return ExitCode.DONE if board.best else ExitCode.FAILED


def work(
    sweep: SweepFolder,
    workers: int = 1,
    device: str | None = None,
    on_trial: Callable[[Trial, Board], None] | None = None,
) -> End:
    """Work on a sweep, and print a line for every ended trial.

    A single one of the `workers` is this process. `on_trial` prints another line. Raises as `run` does.
    """
    on_trial = on_trial or print_trial
    if workers > 1:
        return WorkerProcesses(sweep, workers, device, on_trial).run()
    from emnist_tui.commands.output.progress import print_phase  # here, since every action of `sweep` loads this

    worker = SweepWorker(sweep, device=device, on_phase=print_phase, on_notice=print_message, on_trial=on_trial)
    is_requested = False

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal is_requested
        if is_requested:
            if number == signal.SIGINT:
                os._exit(ExitCode.INTERRUPTED)
            return
        is_requested = True
        worker.leave()
        if not worker.is_ready:
            raise signals.Interrupted

    with signals.handled(handle):
        return worker.run()


def print_trial(trial: Trial, board: Board) -> None:
    """Print how a trial ended, and the best by then."""
    parts = [f"trial {trial.number} {trial.state}"]
    if trial.accuracy is not None:
        parts[0] += f" with {formats.percent(trial.accuracy, 2)} after epoch {trial.epoch}"
    parts[0] += f" ({describe_values(trial.values)})"
    if trial.reason:
        parts.append(trial.reason.rstrip("."))
    ended = sum(each.state.has_ended for each in board.trials)
    parts.append(f"{formats.count(ended)} of {formats.count(board.total)} ended")
    if board.best:
        parts.append(f"best: trial {board.best.number} with {formats.percent(board.best.accuracy, 2)}")
    print_line(formats.printable("; ".join(parts)))


def describe_values(values: Point) -> str:
    """Describe a trial's values, such as `learning rate 0.01, batch size 32`."""
    return ", ".join(
        f"{name.replace('_', ' ')} {f'{value:.4g}' if isinstance(value, float) else value}"
        for name, value in values.items()
    )


def _print_best(board: Board, *, is_json: bool) -> None:
    best, result = board.best, board.result
    if is_json:
        tested = None
        if result and best and result.trial == best.number:
            tested = {"accuracy": result.test_accuracy, "loss": result.test_loss, "images": result.test_images}
        print_json({"sweep": board.folder.name, "best": best.to_json() if best else None, "test": tested})
    elif best is None:
        print_message(f"No trial of {board.folder.name} has finished; see `emnist-tui sweep show {board.folder.name}`.")
    else:
        print(board.folder.trial(best.number).path)
