"""Recording: run.json, and exactly one event for the end of a run by an error."""

from math import nan
from pathlib import Path

import pytest

from emnist_tui.learning.training.recording import FailedRunError, failures_recorded, record_training
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UnavailableDeviceError, UsageError
from emnist_tui.runs.event_log import EventLog, read_events
from emnist_tui.runs.events import Event, RunEnded, RunFailed
from emnist_tui.runs.folder import RunFolder
from tests.support.small_dataset import kinds, only, small_dataset, start


def test_run_json_is_written_at_the_start_and_every_event_reported(tmp_path: Path) -> None:
    training = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    events: list[Event] = []
    record_training(training, training.folder, events.append, resumed=False)
    assert training.folder.read_config() == training.config
    assert kinds(events)[-1] is RunEnded


def test_a_diverging_run_raises_its_cause(tmp_path: Path) -> None:
    training = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    next(training._learner.model.parameters()).data.fill_(nan)
    with pytest.raises(FailedRunError, match="not a finite number") as failed:
        record_training(training, training.folder, lambda _: None, resumed=False)
    assert failed.value.cause == "diverged"


@pytest.mark.parametrize(
    ("error", "recorded"),
    [
        (FailedRunError(RunFailed(error="Bad.", hint="Do it.", cause="disk")), ("Bad. Do it.", "", None, "disk")),
        (UnavailableDeviceError("No card."), ("No card.", "", "cpu", None)),
        (SystemExit(3), None),
        (KeyboardInterrupt(), ("Interrupted before the first batch.", "", None, None)),
    ],
)
def test_every_error_is_one_event(
    tmp_path: Path, error: BaseException, recorded: tuple[str, str, str | None, str | None] | None
) -> None:
    failed = _fail(tmp_path, error)
    if recorded:
        assert (failed.error, failed.hint, failed.device, failed.cause) == recorded


def test_an_unexpected_error_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    failed = _fail(tmp_path, ZeroDivisionError("no"))
    assert failed.error == "Unexpected ZeroDivisionError: no"
    assert "Traceback" in RunFolder(tmp_path).log.read_text()


def test_a_refusal_repeats_the_last_event(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    previous = RunFailed(error="Earlier.")
    with (
        EventLog(run.events) as log,
        pytest.raises(UsageError),
        failures_recorded(run, log, log.write, previous, refusals=UsageError),
    ):
        raise UsageError("Nothing to do.")
    assert [event.error for event in read_events(run.events) if isinstance(event, RunFailed)] == ["Earlier."]


def _fail(folder: Path, error: BaseException) -> RunFailed:
    run = RunFolder(folder)
    with EventLog(run.events) as log, pytest.raises(type(error)), failures_recorded(run, log, log.write):
        raise error
    return only(read_events(run.events), RunFailed)
