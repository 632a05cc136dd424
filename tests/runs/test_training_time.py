"""Training time of a run over its trainers, from the events."""

from dataclasses import replace

import pytest

from emnist_tui.runs.events import EpochEnded, Event, PhaseStarted, RunEnded
from emnist_tui.runs.record import RunRecord
from tests.support.scripted_runs import started


def epoch(number: int, seconds: float) -> EpochEnded:
    return EpochEnded(
        epoch=number, step=number * 100, train_loss=0.5, train_accuracy=0.8, seconds=seconds, images_per_second=1.0
    )


def ended(step: int, seconds: float, reason: str = "stopped") -> RunEnded:
    return RunEnded(reason=reason, step=step, seconds=seconds, images_per_second=1.0)


def resumed(step: int, seconds: float | None = None) -> Event:
    return replace(started(resumed_at_step=step), resumed_seconds=seconds)


def trained(*events: Event) -> list[float]:
    """Return the training time after each event."""
    record, times = RunRecord(), []
    for event in events:
        record.apply(event)
        times.append(record.trained_seconds)
    return times


@pytest.mark.parametrize("told", [None, 2.0])  # files of earlier versions do not tell it
def test_the_time_never_falls_when_a_run_is_resumed_and_stopped_again(told: float | None) -> None:
    times = trained(
        started(),
        epoch(1, 59.0),
        ended(105, 61.0),
        PhaseStarted(phase="loading torch"),
        resumed(105, told),
        ended(120, 8.0),
        PhaseStarted(phase="loading torch"),
        resumed(120, told and 10.0),
        epoch(2, 50.0),
        ended(210, 45.0),
    )
    assert times == [0, 59, 61, 61, 61, 69, 69, 69, 109, 114]


def test_a_finished_run_that_trains_longer_adds_the_new_time() -> None:
    times = trained(started(), epoch(1, 12.0), ended(100, 12.0, "finished"), resumed(100, 0.0), ended(130, 4.0))
    assert times[-1] == 16


def test_an_end_that_a_refused_resume_writes_again_counts_once() -> None:
    end = ended(60, 7.5)
    assert trained(started(), end, PhaseStarted(phase="loading torch"), end, end)[-1] == 7.5


def test_the_time_of_a_killed_trainer_counts_up_to_its_checkpoint() -> None:
    assert trained(started(), epoch(1, 12.0), resumed(150, 6.0), ended(170, 2.5))[-1] == 20.5


def test_steps_that_are_trained_again_count_once() -> None:
    times = trained(started(), epoch(1, 12.0), epoch(2, 13.0), ended(250, 31.0), resumed(100, 0.0), epoch(2, 14.0))
    assert times[-1] == 26
    assert trained(started(), epoch(1, 12.0), ended(150, 18.0), resumed(100), ended(120, 2.0))[-1] == 14
