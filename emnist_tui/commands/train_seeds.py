"""Training of one configuration with several seeds, by `train --seeds`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, TextColumn

from emnist_tui.analysis.seed_comparison import group_to_json
from emnist_tui.analysis.spread import Spread
from emnist_tui.commands.output.json import print_json
from emnist_tui.commands.output.progress import LineTimer, progress
from emnist_tui.commands.output.seed_tables import mean_text, print_seeds
from emnist_tui.commands.output.streams import print_line, print_message
from emnist_tui.commands.recipe_options import config_values
from emnist_tui.runs import folder, torchrun
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError
from emnist_tui.runs.sweeps.board import Board, SweepBoard
from emnist_tui.runs.sweeps.folder import SweepFolder
from emnist_tui.runs.sweeps.new_group import begin_group
from emnist_tui.runs.sweeps.seed_group import read_seeds
from emnist_tui.runs.sweeps.space import MOST_VALUES
from emnist_tui.runs.sweeps.spare_workers import on_gpu, spare_workers
from emnist_tui.runs.sweeps.trial import Trial, TrialState
from emnist_tui.text import formats

if TYPE_CHECKING:
    from emnist_tui.learning.search.worker import End  # which imports torch

_LOOK_EVERY = 0.5  # seconds
_BROKEN = (TrialState.FAILED, TrialState.DIVERGED)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train` about several seeds."""
    parser.add_argument(
        "--seeds", type=_count, metavar="N", help="train N runs, with the seeds from --seed on, as a group"
    )
    parser.add_argument(
        "--workers",
        type=_count,
        metavar="N",
        help="with --seeds: runs to train at once (the cores to spare; 1 on a GPU)",
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_VALUES:
        raise argparse.ArgumentTypeError(f"must be a whole number, 1 to {MOST_VALUES:,}, not {text!r}")
    return int(text)


def check(options: argparse.Namespace) -> None:
    """Raise `UsageError` for options that contradict `--seeds` or need it."""
    if options.seeds is None:
        if options.workers is not None:
            raise UsageError("--workers is about several runs; give --seeds N, too.")
        return
    if options.resume is not None:
        raise UsageError(
            f"--seeds begins a new group; `emnist-tui sweep work {options.resume}` goes on with an interrupted one."
        )
    if torchrun.find_place(os.environ):
        raise UsageError("torchrun shares one run; train --seeds without it, on several machines by `sweep work`.")
    if options.tensorboard:
        raise UsageError("--tensorboard follows one run; leave it out with --seeds.")


def run(options: argparse.Namespace) -> int:
    """Train a new group of seeds and print its results.

    Raises `EmnistTuiError` if no worker can train.
    """
    root = folder.checkpoints_root(options.checkpoints)
    config = TrainConfig.of(**config_values(options))
    workers = min(options.seeds, options.workers or spare_workers(config, options.seeds))
    sweep = begin_group(root, options.name, config, options.seeds)
    shared = ", which has the GPU for itself" if workers == 1 < options.seeds and on_gpu(config) else ""
    crew = f"{_plural(workers, 'worker')}{shared}"
    print_message(f"{_plural(options.seeds, 'seed')} of {config.model} in {sweep.path}, {crew}.")
    return _report(sweep, _train(sweep, workers), is_json=options.json)


def _train(sweep: SweepFolder, workers: int) -> End:
    """Train until all seeds have ended.

    Removes the group if none could begin.
    """
    from emnist_tui.commands.sweep.work import work

    try:
        with _progress_shown(sweep):
            return work(sweep, workers, on_trial=print_seed)
    except (EmnistTuiError, KeyboardInterrupt):
        if not any(sweep.runs.iterdir()):
            shutil.rmtree(sweep.path, ignore_errors=True)
        raise


def print_seed(trial: Trial, board: Board) -> None:
    """Print how a seed ended, and the mean by then."""
    result = str(trial.state)
    if trial.state.counts and trial.test_accuracy is not None:
        result = formats.percent(trial.test_accuracy, 2)
    ended = sum(each.state.has_ended for each in board.trials)
    tests = [each.test_accuracy for each in board.trials if each.state.counts and each.test_accuracy is not None]
    mean = f", mean {mean_text(Spread.of(tests))}" if len(tests) > 1 else ""
    print_line(f"seed {trial.values.get('seed')}: {result}; {ended} of {board.total} ended{mean}")


def _report(sweep: SweepFolder, end: End, *, is_json: bool) -> int:
    """Print the results and, if anything is left, how to go on."""
    from emnist_tui.learning.search.worker import End

    group = read_seeds(sweep)
    if is_json:
        print_json(group_to_json(group, Spread.of([*group.accuracies.values()]) if group.accuracies else None))
    else:
        print_seeds(group)
    broken = [trial for trial in SweepBoard(sweep).refresh().trials if trial.state in _BROKEN]
    for trial in broken:
        print_message(f"Seed {trial.values.get('seed')} {trial.state}: {trial.reason}")
    if end is End.INTERRUPTED:
        print_message(f"Interrupted, and saved; `emnist-tui sweep work {sweep.path}` goes on.")
        return ExitCode.INTERRUPTED
    if end is End.STOPPED:
        print_message(f"Stopped, and saved; `emnist-tui sweep resume {sweep.path}` lets its workers go on.")
    return ExitCode.FAILED if broken else ExitCode.DONE


class _Follower:
    """Thread that reports the progress of all seeds while they train."""

    def __init__(self, sweep: SweepFolder, show: Callable[[int, int, str], None]) -> None:
        """Call `show` with epochs done, those of all, and words."""
        self._reader = SweepBoard(sweep)
        self._show = show
        self._is_over = Event()
        self._thread = Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _follow(self) -> None:
        epochs = self._reader.spec.config.epochs
        while not self._is_over.wait(_LOOK_EVERY):
            board = self._reader.refresh()
            done = sum(epochs if trial.state.has_ended else trial.epoch for trial in board.trials)
            ended = sum(trial.state.has_ended for trial in board.trials)
            training = sum(trial.state is TrialState.RUNNING for trial in board.trials)
            self._show(done, board.total * epochs, f"{ended} of {board.total} ended, {training} training")


@contextmanager
def _progress_shown(sweep: SweepFolder) -> Iterator[None]:
    """Show a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        lines, last = LineTimer(starts_due=False), 0

        def show_line(done: int, total: int, words: str) -> None:
            nonlocal last
            if done > last and lines.is_due():
                last = done
                print_line(f"epoch {done} of {total} of all seeds; {words}")

        with _Follower(sweep, show_line):
            yield
        return
    bar = progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
    )
    task = bar.add_task("")

    def show_bar(done: int, total: int, words: str) -> None:
        bar.update(task, completed=done, total=total, description=words)

    with bar, _Follower(sweep, show_bar):
        yield


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
