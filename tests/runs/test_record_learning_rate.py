"""Learning rates and early ends of a run computed from its events."""

import math

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import (
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    Event,
    LearningRateChanged,
    PhaseStarted,
    RunEnded,
    StoppedEarly,
)
from emnist_tui.runs.record import RunRecord
from emnist_tui.runs.schedule import learning_rate
from tests.support.scripted_runs import STEPS_PER_EPOCH, batches, started

ONE_CYCLE = TrainConfig(schedule="one-cycle", learning_rate=0.02)
TOTAL = ONE_CYCLE.epochs * STEPS_PER_EPOCH


def record_of(*applied: Event) -> RunRecord:
    record = RunRecord()
    for event in applied:
        record.apply(event)
    return record


def changed(step: int, rate: float) -> LearningRateChanged:
    return LearningRateChanged(epoch=1, step=step, learning_rate=rate)


def held(record: RunRecord) -> list[tuple[int, float]]:
    return [(change.step, change.learning_rate) for change in record.learning_rates]


def test_a_changed_rate_is_that_of_the_run() -> None:
    record = record_of(started(), batches(1, 1, 10))
    assert (record.learning_rate, record.scheduled_rate) == (0.01, 0.01)
    record.apply(changed(10, 0.003))
    assert (record.learning_rate, record.scheduled_rate) == (0.003, 0.003)
    assert held(record) == [(10, 0.003)]


def test_a_record_without_batches_knows_the_changed_rate() -> None:
    assert record_of(started(), changed(10, 0.003)).learning_rate == 0.003


@pytest.mark.parametrize(
    "later",
    [
        CheckpointSaved(file="last.pt", step=1500),
        EpochEnded(epoch=15, step=1500, train_loss=0.1, train_accuracy=0.9, seconds=1.0, images_per_second=1.0),
        RunEnded(reason="stopped", step=1500, seconds=1.0, images_per_second=1.0),
    ],
    ids=["checkpoint", "epoch", "end"],
)
def test_a_record_without_batches_sees_a_repeated_change(later: Event) -> None:
    record = record_of(started(), CheckpointSaved(file="last.pt", step=500), changed(900, 1e-5))
    record.apply(started(resumed_at_step=500))
    assert (record.step, record.learning_rate) == (500, 0.01)
    record.apply(later)
    assert (record.step, record.learning_rate) == (1500, 1e-5)


def test_a_resumed_run_has_the_rate_of_its_checkpoint_until_it_repeats_the_change() -> None:
    record = record_of(started(), batches(1, 1, 20), changed(20, 0.003), batches(1, 21, 30))
    record.apply(started(resumed_at_step=15))
    assert record.learning_rate == 0.01
    record.apply(batches(1, 16, 20))
    assert record.learning_rate == 0.003
    assert held(record) == [(20, 0.003)]


def test_a_new_change_after_a_resume_replaces_those_to_be_repeated() -> None:
    record = record_of(started(), batches(1, 1, 30), changed(20, 0.003), changed(30, 0.1))
    for event in (started(resumed_at_step=15), batches(1, 16, 18), changed(18, 0.5)):
        record.apply(event)
    assert held(record) == [(18, 0.5)]


def test_a_run_resumed_after_a_change_keeps_its_mark() -> None:
    record = record_of(started(), batches(1, 1, 30), changed(20, 0.003))
    record.apply(started(TrainConfig(learning_rate=0.003), resumed_at_step=30))
    assert held(record) == [(20, 0.003)]
    assert record.learning_rate == 0.003


def test_a_run_trained_anew_starts_with_the_rate_before_any_change() -> None:
    record = record_of(started(), batches(1, 1, 30), changed(20, 0.003))
    record.apply(started(TrainConfig(epochs=7, learning_rate=0.003), resumed_at_step=30))
    assert record.first_config == TrainConfig(epochs=7)


@pytest.mark.parametrize("step", [1, 40, TOTAL - 1])
def test_a_schedule_gives_the_rate_of_the_next_batch(step: int) -> None:
    record = record_of(started(ONE_CYCLE), batches(1, 1, step))
    assert record.scheduled_rate == learning_rate(ONE_CYCLE, step, TOTAL)


def test_a_change_scales_the_schedule() -> None:
    record = record_of(started(ONE_CYCLE), batches(1, 1, 40))
    before = record.scheduled_rate
    assert before is not None
    record.apply(changed(40, 0.04))
    assert record.scheduled_rate == pytest.approx(before * 2)


def test_the_end_of_a_schedule_has_the_rate_of_the_last_batch() -> None:
    record = record_of(started(ONE_CYCLE), batches(1, 1, TOTAL))
    assert record.scheduled_rate == learning_rate(ONE_CYCLE, TOTAL - 1, TOTAL)


@pytest.mark.parametrize("rate", [math.nan, -1.0, 1e300])
def test_an_invalid_rate_of_a_damaged_file_is_ignored(rate: float) -> None:
    record = record_of(started(ONE_CYCLE), batches(1, 1, 10), changed(10, rate))
    assert (record.learning_rate, held(record)) == (0.02, [])


def test_without_a_start_there_is_no_rate() -> None:
    record = record_of(changed(10, 0.1))
    assert (record.learning_rate, record.scheduled_rate) == (None, None)


EARLY = StoppedEarly(epoch=3, step=300, best_epoch=1)
ENDED = RunEnded(reason="finished", step=300, seconds=1.0, images_per_second=1.0)


def validated(epoch: int, accuracy: float) -> Evaluated:
    step = epoch * STEPS_PER_EPOCH
    return Evaluated(split="validation", epoch=epoch, step=step, loss=1, accuracy=accuracy, images=9, file="v.npz")


def test_an_early_end_is_known_until_the_run_trains_on() -> None:
    record = record_of(started(), batches(3, 201, 300), EARLY, PhaseStarted(phase="evaluating on test"), ENDED)
    assert record.stopped_early == EARLY
    assert EARLY.reason == "early, after epoch 3 (best 1)"
    record.apply(started(resumed_at_step=300))
    assert record.stopped_early is None


def test_the_best_epoch_is_the_first_of_the_highest_validation_accuracy() -> None:
    record = record_of(started(), *(validated(epoch, value) for epoch, value in ((1, 0.5), (2, 0.9), (3, 0.9))))
    assert record.best_epoch is record.evaluations[1]
    record.apply(started(resumed_at_step=100))
    assert record.best_epoch is record.evaluations[0]


def test_a_run_without_validation_has_no_best_epoch() -> None:
    assert record_of(started(), batches(1, 1, 10)).best_epoch is None
