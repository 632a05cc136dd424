"""The `sweep pause`, `resume` and `stop` commands: requests to a sweep's workers."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from emnist_tui.commands import options as shared
from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.sweep.options import add_sweep, chosen_sweep, whole, written
from emnist_tui.runs.control import Desired
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.sweeps import requests
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.spec import MOST_TRIALS
from emnist_tui.runs.sweeps.trial import Trial, TrialState

_DESIRED = {"pause": Desired.PAUSE, "resume": Desired.RUN, "stop": Desired.STOP}
_DONE = {Desired.PAUSE: "paused", Desired.STOP: "stopped"}
_TRAINED = (TrialState.RUNNING, TrialState.PAUSED)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a request."""
    add_sweep(parser)
    parser.add_argument("--trial", type=whole(1, MOST_TRIALS), metavar="N", help="only this trial")
    shared.add_json(parser, "print the control file, one JSON object")


def run(options: argparse.Namespace) -> int:
    """Write a request to a sweep or to one of its trials.

    Raises `EmnistTuiError` if nothing is trained that could obey, or the file cannot be written.
    """
    sweep, desired = chosen_sweep(options), _DESIRED[options.action]
    board = SweepBoard(sweep).refresh()
    if options.trial is None:
        if board.is_done and desired is not Desired.RUN:
            raise EmnistTuiError(f"Every trial of {sweep.name} has ended; there is nothing to {options.action}.")
        written(sweep, partial(requests.ask_for, sweep.control, desired))
        print_message(_describe(board, desired))
    else:
        trial = _find(board, options.trial)
        _check(trial, desired, sweep)
        written(sweep, partial(requests.ask_of_trial, sweep.trial(trial.number), desired))
        print_message(_describe_trial(trial, desired))
    if options.json:
        _print_file(sweep.control if options.trial is None else sweep.trial(options.trial).control)
    return ExitCode.DONE


def _find(board: Board, number: int) -> Trial:
    for trial in board.trials:
        if trial.number == number:
            return trial
    raise EmnistTuiError(
        f"Trial {number} of {board.folder.name} has not begun; `emnist-tui sweep show {board.folder.name}` lists those "
        "that have."
    )


def _check(trial: Trial, desired: Desired, sweep: SweepFolder) -> None:
    """Refuse what no worker would do with a trial."""
    state = trial.state
    if state in _TRAINED or (state is TrialState.STOPPED and desired is Desired.RUN):
        return
    if state.has_ended:
        possible = (
            "a stopped trial can be resumed" if desired is Desired.RUN else f"a running one can be {_DONE[desired]}"
        )
        raise EmnistTuiError(f"Trial {trial.number} is {state}; only {possible}.")
    raise EmnistTuiError(
        f"Trial {trial.number} is {state}, and nobody trains it; the next worker of "
        f"`emnist-tui sweep work {sweep.name}` resumes it."
    )


def _describe(board: Board, desired: Desired) -> str:
    """Describe the consequences of a request to the whole sweep."""
    name = board.folder.name
    alive = sum(worker.is_alive for worker in board.workers)
    workers = f"{alive or 'no'} worker{'s' * (alive > 1)}"
    match desired:
        case Desired.PAUSE:
            return f"Sweep {name} pauses, with {workers}; `emnist-tui sweep resume {name}` lets it go on."
        case Desired.STOP:
            return (
                f"Sweep {name} is saved and stops, with {workers}; `emnist-tui sweep resume {name}` allows work again."
            )
        case _ if alive:
            return f"Sweep {name} goes on, with {workers}."
    return f"Sweep {name} may go on, but has no worker; `emnist-tui sweep work {name}` starts one."


def _describe_trial(trial: Trial, desired: Desired) -> str:
    number = trial.number
    match desired:
        case Desired.PAUSE:
            return f"Trial {number} pauses."
        case Desired.STOP:
            return f"Trial {number} is saved and stops; its worker begins another one."
        case _:
            waits = trial.state is TrialState.STOPPED
            return f"Trial {number} waits for a worker." if waits else f"Trial {number} goes on."


def _print_file(path: Path) -> None:
    print(path.read_text())
