"""The `sweep show` command: trials, best first, and workers."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from emnist_tui.analysis.spread import Spread
from emnist_tui.commands import options as shared
from emnist_tui.commands.output.json import print_json
from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.output.sweep_tables import print_sweep
from emnist_tui.commands.sweep.options import add_sweep, chosen_sweep, whole
from emnist_tui.runs.errors import ExitCode
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.listing import state_of
from emnist_tui.runs.sweeps.spec import MOST_TRIALS

_LIMIT = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `sweep show`."""
    add_sweep(parser)
    parser.add_argument(
        "--limit", type=whole(1, MOST_TRIALS), default=_LIMIT, metavar="N", help=f"number of trials to print ({_LIMIT})"
    )
    shared.add_json(parser, "print everything as one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print a sweep. Raises `EmnistTuiError` if none can be read."""
    board = SweepBoard(chosen_sweep(options)).refresh()
    if options.json:
        print_json(to_json(board))
        return ExitCode.DONE
    print_sweep(board, options.limit)
    if not board.trials:
        print_message(f"No trial has begun; `emnist-tui sweep work {board.folder.name}` trains them.")
    elif len(board.trials) > options.limit:
        print_message(f"{options.limit} of {len(board.trials):,} trials; --limit prints more.")
    return ExitCode.DONE


def to_json(board: Board) -> dict[str, Any]:
    """Describe a sweep with all its trials and workers."""
    best = board.best
    return {
        "name": board.folder.name,
        "path": str(board.folder.path),
        "state": state_of(board),
        "desired": board.desired,
        "total": board.total,
        "waiting": board.waiting,
        "counts": {str(state): number for state, number in board.counts.items()},
        "split": board.spec.split,
        "sweep": board.spec.to_json(),
        "best": best.number if best else None,
        "result": asdict(board.result) if board.result else None,
        "seeds": Spread.of([*board.tests.values()]).to_json() if board.tests else None,
        "workers": [
            {**worker.to_json(), "silent": worker.silent, "is_alive": worker.is_alive} for worker in board.workers
        ],
        "trials": [trial.to_json() for trial in board.trials],
    }
