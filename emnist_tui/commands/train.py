"""The `train` command once it knows its folder: it trains there, tells every event, and obeys signals."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from emnist_tui.commands.output import console, tensorboard
from emnist_tui.runs import atomic_files, control, folder, launch, signals
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, ExitCode, UsageError
from emnist_tui.runs.event_log import EventLog, last_event
from emnist_tui.runs.events import Event, PhaseStarted, RunEnded, RunFailed, RunStarted


def refuse_used(run: folder.RunFolder) -> None:
    """Raises `UsageError` where the folder of a new run holds more than a run leaves that failed before it began."""
    try:
        used = {path.name for path in run.path.iterdir()} - {path.name for path in _left_by_failed(run)}
    except OSError as error:
        raise folder.unwritable(run.path, error) from None
    if used:
        raise UsageError(f"{run.path} holds other files already ({min(used)}); choose another --name.")


def _left_by_failed(run: folder.RunFolder) -> tuple[Path, ...]:
    return run.events, run.control, run.log, run.lock


def _remove_failed(run: folder.RunFolder) -> None:
    """Leaves nothing of a run that never began; whatever else is in its folder stays."""
    with suppress(OSError):
        for path in _left_by_failed(run):
            path.unlink(missing_ok=True)
        run.path.rmdir()


def train_in(
    run: folder.RunFolder, given: dict[str, Any], *, resumed: bool, as_json: bool, for_tensorboard: bool
) -> ExitCode:
    """Trains in a folder that the caller holds. `given` are the values of `TrainConfig` that the user gave.

    Raises `EmnistTuiError` when the run fails, and `KeyboardInterrupt` when it is interrupted before it begins.
    """
    observers = [_observer(as_json)]
    if for_tensorboard:
        observers.append(tensorboard.TensorBoardFiles(run.path / tensorboard.FOLDER))
    is_launched = launch.is_launched(run)
    before = last_event(run.events)
    interruption = _Interruption()
    try:
        if not is_launched:
            # Takes back what was wished of a trainer before; who launched this one has done so.
            control.write_control(run.control, control.Control())
        for pattern in ("*.pt", "evaluation-*"):
            atomic_files.remove_unfinished(run.path, pattern)
        if not resumed:
            run.events.unlink(missing_ok=True)
        with EventLog(run.events) as log, signals.handled(interruption.handle):

            def tell(event: Event) -> None:
                log.write(event)
                for observer in observers:
                    try:
                        observer.observe(event)
                    except OSError:
                        console.discard_unwritable()
                        if not is_launched:
                            # Nobody reads any more: end as on a signal, saved. A launched trainer only has no log.
                            interruption.stop()

            try:
                _tell_training(run, given, tell, interruption, resumed=resumed)
            except EmnistTuiError as error:
                if not (resumed and isinstance(error, UsageError)):
                    tell(RunFailed(error=str(error)))
                elif isinstance(before, RunEnded | RunFailed):
                    log.write(before)  # what was asked could not be meant: the run is as it was
                raise
            except KeyboardInterrupt:
                tell(RunFailed(error="Interrupted before the first batch."))
                raise
            except Exception as error:
                with run.log.open("a") as trainer_log:
                    traceback.print_exc(file=trainer_log)
                tell(RunFailed(error=f"Unexpected {type(error).__name__}: {error}", hint=f"See {run.log}."))
                raise
    except OSError as error:
        raise folder.unwritable(run.path, error) from None
    finally:
        for observer in observers:
            with suppress(OSError):
                observer.close()
        if not run.exists() and not is_launched:
            _remove_failed(run)
    if not as_json:
        print(run.last_checkpoint)
    return ExitCode.INTERRUPTED if interruption.is_asked else ExitCode.DONE


def _observer(as_json: bool) -> console.Observer:
    if as_json:
        return console.JsonLines()
    return console.Bar() if sys.stderr.isatty() else console.Lines()


def _tell_training(
    run: folder.RunFolder,
    given: dict[str, Any],
    tell: Callable[[Event], None],
    interruption: "_Interruption",
    *,
    resumed: bool,
) -> None:
    """Trains, telling every event from the first wait on. Raises `EmnistTuiError` when the run fails."""
    tell(PhaseStarted(phase="loading torch"))
    from emnist_tui.learning.data import dataset
    from emnist_tui.learning.inference import evaluate
    from emnist_tui.learning.training import resume, trainer

    config, checkpoint = TrainConfig(**given), None
    source = config.data
    if resumed:
        config, checkpoint = resume.resume(run, given.get("epochs"))
        config = replace(config, **given)
        source = evaluate.trained_on(checkpoint)
    data = dataset.load_dataset(source, on_phase=lambda phase: tell(PhaseStarted(phase=phase)))
    if notice := dataset.notice(config.data, data):
        print(f"emnist-tui: {notice}", file=sys.stderr)
    training = trainer.Trainer(config, run, data, checkpoint=checkpoint)
    interruption.ask = training.request_stop
    if interruption.is_asked:  # and its interrupt was lost in a destructor
        raise KeyboardInterrupt
    for event in training.run():
        if isinstance(event, RunFailed):
            raise EmnistTuiError(f"{event.error} {event.hint}".rstrip())
        if isinstance(event, RunStarted) and not resumed:
            run.begin(config, event)
        tell(event)


class _Interruption:
    """Signals ask the trainer to save and stop; a SIGINT after the first leaves at once.

    Not the others: a lost session sends several.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self.ask: Callable[[], None] | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if not self.is_asked:
            self.stop()
        elif number == signal.SIGINT:
            os._exit(ExitCode.INTERRUPTED)

    def stop(self) -> None:
        """Asks the trainer to save and stop. Raises `KeyboardInterrupt` where none has begun."""
        self.is_asked = True
        if self.ask is None:
            raise KeyboardInterrupt
        self.ask()
