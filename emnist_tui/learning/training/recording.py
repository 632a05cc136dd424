"""Recording of a run: events, run.json and failures."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from emnist_tui.learning.models import device_errors
from emnist_tui.runs.errors import EmnistTuiError, ProgramExitError, UnavailableDeviceError, UsageError, user_line
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Event, RunEnded, RunFailed, RunStarted
from emnist_tui.runs.folder import RunFolder

if TYPE_CHECKING:
    from emnist_tui.learning.training.trainer import Trainer  # with torch, which a phase announces first

Report = Callable[[Event], None]


class FailedRunError(EmnistTuiError):
    """A run that its trainer ended by `RunFailed`."""

    def __init__(self, event: RunFailed) -> None:
        super().__init__(f"{event.error} {event.hint}".rstrip())
        self.cause = event.cause


def record_training(training: "Trainer", target: RunFolder, report: Report, *, resumed: bool) -> None:
    """Train, reporting every event, and write run.json at the start.

    Raises `FailedRunError` if the run fails, `OSError` if its folder cannot be written, and as `Trainer.run` does.
    """
    with training.lap.restarted_on_continue():
        for event in training.run():
            if isinstance(event, RunFailed):
                raise FailedRunError(event)
            if isinstance(event, RunStarted):
                if resumed:
                    target.move_data(training.config.data)
                    target.move_network(training.config.model)
                else:
                    target.begin(training.config, event)
            report(event)


@contextmanager
def failures_recorded(
    target: RunFolder,
    log: EventLog,
    report: Report,
    previous: Event | None = None,
    *,
    refusals: type[UsageError] | tuple[()] = (),
) -> Iterator[None]:
    """Report every exception as `RunFailed`, then re-raise it.

    None of `refusals` is a failure of the run: the `previous` last event is written again.
    """
    try:
        yield
    except EmnistTuiError as error:
        if not isinstance(error, refusals):
            device = "cpu" if isinstance(error, UnavailableDeviceError) else None
            cause = error.cause if isinstance(error, FailedRunError) else None
            report(RunFailed(error=str(error), device=device, cause=cause))
        elif isinstance(previous, RunEnded | RunFailed):
            log.write(previous)
        raise
    except KeyboardInterrupt:
        report(RunFailed(error="Interrupted before the first batch."))
        raise
    except SystemExit as error:
        report(RunFailed(error=str(ProgramExitError(error))))
        raise
    except Exception as error:
        with target.log.open("a") as trainer_log:
            traceback.print_exc(file=trainer_log)
        if fault := device_errors.explain(error):
            problem, hint = device_errors.training_failed(fault, target.name if target.is_resumable() else None)
            report(RunFailed(error=problem, hint=hint, device=None if fault.is_of_machine else "cpu"))
            raise EmnistTuiError(f"{problem} {hint}") from error
        opening = f"{line}:" if (line := user_line(error)) else "Unexpected"
        report(RunFailed(error=f"{opening} {type(error).__name__}: {error}", hint=f"See {target.log}."))
        raise
