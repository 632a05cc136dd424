"""The `train` command: a new or resumed run, logged and shown."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from emnist_tui.commands import options as shared
from emnist_tui.commands import ranks, train_seeds
from emnist_tui.commands.output import progress, tensorboard
from emnist_tui.commands.output.json import JsonLines
from emnist_tui.commands.output.observers import Observer, Observers
from emnist_tui.commands.output.streams import print_message
from emnist_tui.commands.recipe_options import add_recipe_options, config_values
from emnist_tui.learning.training import startup
from emnist_tui.learning.training.recording import Report, failures_recorded, record_training
from emnist_tui.runs import atomic_files, control, folder, launch, lookup, signals, torchrun
from emnist_tui.runs.config import CHANGEABLE, TrainConfig, explain_bad_run_name
from emnist_tui.runs.errors import ExitCode, NothingToTrainError, UsageError
from emnist_tui.runs.event_log import EventLog, last_event
from emnist_tui.runs.events import Event, PhaseStarted
from emnist_tui.runs.folder import RunFolder


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train`.

    There is one for each field of `TrainConfig`, and those of the command itself.
    """
    add_recipe_options(parser)
    name = parser.add_mutually_exclusive_group()
    name.add_argument("--name", type=_run_name, metavar="RUN", help="name of the new run (MODEL-NUMBER)")
    name.add_argument("--resume", metavar="RUN", help="resume this run from its last checkpoint")
    parser.add_argument("--tensorboard", action="store_true", help="also write TensorBoard files (needs the extra)")
    train_seeds.add_options(parser)
    shared.add_json(parser, "print the lines of events.jsonl; with --seeds one JSON object")


def _run_name(text: str) -> str:
    if problem := explain_bad_run_name(text):
        raise argparse.ArgumentTypeError(f"a run's name {problem}, not {text!r}")
    return text


def run(options: argparse.Namespace) -> int:
    """Train a new run, resume one, or train a group of seeds.

    Prints the path of the checkpoint that its name stands for. Raises `EmnistTuiError` if the run fails, and
    `KeyboardInterrupt` if it is interrupted before it begins.
    """
    train_seeds.check(options)
    if options.seeds is not None:
        return train_seeds.run(options)
    if options.tensorboard:
        tensorboard.require()
    root = folder.checkpoints_root(options.checkpoints)
    values = config_values(options)
    place = torchrun.find_place(os.environ)
    if place and place.rank:
        return ranks.follow(place, values)
    resumed = options.resume is not None
    target = _find_resumable(root, options.resume, values) if resumed else _claim_new(root, options.name, values)
    with target.held(), ranks.leading(place) as leading:
        if not resumed and target.exists():
            raise UsageError(f"Run {target.name} already exists; choose another --name.")
        is_interrupted = _train_in(target, values, options, leading, resumed=resumed)
    if not options.json:
        print(lookup.checkpoint_of(target.path) or target.last_checkpoint)
    return ExitCode.INTERRUPTED if is_interrupted else ExitCode.DONE


def _find_resumable(root: Path, name: str, values: dict[str, Any]) -> RunFolder:
    """Find a run to resume.

    Raises `UsageError` if there is none or a fixed option is given.
    """
    if fixed := sorted(set(values) - set(CHANGEABLE)):
        kept = fixed[0].replace("_", " ")
        changeable = [f"--{each.replace('_', '-')}" for each in CHANGEABLE]
        raise UsageError(
            f"A resumed run keeps its {kept}; only {', '.join(changeable[:-1])} and {changeable[-1]} may change."
        )
    return lookup.find_run(root, name)


def _claim_new(root: Path, name: str | None, values: dict[str, Any]) -> RunFolder:
    """Claim the folder of a new run.

    Raises `UsageError` if it holds files other than those of a failed start.
    """
    target = folder.claim_folder(root, name, TrainConfig.of(**values))
    try:
        used = {path.name for path in target.path.iterdir()} - {path.name for path in _files_of_failed_start(target)}
    except OSError as error:
        raise folder.unwritable(target.path, error) from None
    if used:
        raise UsageError(f"{target.path} holds other files already ({min(used)}); choose another --name.")
    return target


def _files_of_failed_start(target: RunFolder) -> tuple[Path, ...]:
    return target.events, target.control, target.log, target.lock


def _train_in(
    target: RunFolder, values: dict[str, Any], options: argparse.Namespace, leading: ranks.Leading, *, resumed: bool
) -> bool:
    """Train in a folder that the caller holds.

    Returns whether the run was interrupted.
    """
    is_launched = launch.is_launched(target)
    interruption = _Interruption()
    # Without a reader a run ends as on a signal, saved; an app that launched it still follows its events.
    observers = Observers(_make_observers(target, options), None if is_launched else interruption.stop)
    previous = last_event(target.events)
    try:
        _clear_leftovers(target, resumed=resumed, keeps_control=is_launched)
        with EventLog(target.events) as log, signals.handled(interruption.handle):

            def report(event: Event) -> None:
                log.write(event)
                observers.observe(event)

            # An app that waits has to be told why its resume was refused, unless the run has finished meanwhile.
            refusals = NothingToTrainError if is_launched else UsageError
            with failures_recorded(target, log, report, previous, refusals=refusals if resumed else ()):
                _train(target, values, report, interruption, leading, resumed=resumed)
    except OSError as error:
        raise folder.unwritable(target.path, error) from None
    finally:
        observers.close()
        if not target.exists() and not is_launched:
            _remove_failed_start(target)
    return interruption.is_requested


def _make_observers(target: RunFolder, options: argparse.Namespace) -> list[Observer]:
    observers: list[Observer] = []
    if options.json:
        observers.append(JsonLines())
    else:
        observers.append(progress.Bar() if sys.stderr.isatty() else progress.Lines())
    if options.tensorboard:
        observers.append(tensorboard.TensorBoardFiles(target.path / tensorboard.FOLDER))
    return observers


def _clear_leftovers(target: RunFolder, *, resumed: bool, keeps_control: bool) -> None:
    """Remove the leftovers of earlier trainers.

    These are unfinished files, requests to an earlier trainer, and the events of a failed start.
    """
    if not keeps_control:  # an app that launched this process has cleared it, and may have written a request since
        control.write_control(target.control, control.Control())
    for pattern in ("*.pt", "evaluation-*"):
        atomic_files.remove_unfinished(target.path, pattern)
    if not resumed:
        target.events.unlink(missing_ok=True)


def _remove_failed_start(target: RunFolder) -> None:
    """Remove the files of a run that never began.

    Also removes its folder if nothing else is in it.
    """
    with suppress(OSError):
        for path in _files_of_failed_start(target):
            path.unlink(missing_ok=True)
        target.path.rmdir()


def _train(
    target: RunFolder,
    values: dict[str, Any],
    report: Report,
    interruption: "_Interruption",
    leading: ranks.Leading,
    *,
    resumed: bool,
) -> None:
    """Train, reporting every event from the first wait on.

    Raises `EmnistTuiError` if the run fails.
    """
    report(PhaseStarted(phase="loading torch"))
    prepare = startup.resumed_trainer if resumed else startup.new_trainer
    try:
        training = prepare(
            target,
            values,
            lambda phase: report(PhaseStarted(phase=phase)),
            print_message,
            lambda: leading.join(interruption.stop),
        )
    except Exception:
        if interruption.is_requested:  # another error has replaced its KeyboardInterrupt, such as one of torch.load
            raise signals.Interrupted from None
        raise
    interruption.request_stop = training.request_stop
    if interruption.is_requested:  # its KeyboardInterrupt was lost in a destructor
        raise signals.Interrupted
    record_training(training, target, report, resumed=resumed)


class _Interruption:
    """Handler of signals.

    The first makes the trainer save and stop, a later SIGINT exits at once. Later signals of other kinds are ignored,
    because a lost session sends several.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self.request_stop: Callable[[], None] | None = None
        """The trainer's method, once there is a trainer."""

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if not self.is_requested:
            self.stop()
        elif number == signal.SIGINT:
            os._exit(ExitCode.INTERRUPTED)

    def stop(self) -> None:
        """Make the trainer save and stop.

        Raises `KeyboardInterrupt` before there is one.
        """
        self.is_requested = True
        if self.request_stop is None:
            raise signals.Interrupted
        self.request_stop()
