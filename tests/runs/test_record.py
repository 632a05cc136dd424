"""The state of a run computed from its events."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.runs.events import (
    CheckpointFailed,
    CheckpointSaved,
    Evaluated,
    Paused,
    PhaseStarted,
    Resumed,
    RunEnded,
    RunFailed,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.history import SMOOTHING
from emnist_tui.runs.record import RunRecord, RunState, summarize
from tests.support.scripted_runs import START, batches, started, write_run


def test_the_state_follows_the_events() -> None:
    record = RunRecord()
    assert record.state(is_training=True) is RunState.STARTING
    record.apply(started())
    assert record.state(is_training=True) is RunState.TRAINING
    record.apply(Paused(step=1))
    assert record.state(is_training=True) is RunState.PAUSED
    record.apply(Resumed(step=1))
    record.apply(PhaseStarted(phase="evaluating"))
    assert record.state(is_training=True) is RunState.EVALUATING
    record.apply(batches(1, 1, 10))
    assert record.state(is_training=True) is RunState.TRAINING
    record.apply(RunFailed(error="disk full"))
    assert record.state(is_training=False) is RunState.FAILED
    record.apply(PhaseStarted(phase="loading torch"))
    assert record.state(is_training=True) is RunState.STARTING
    record.apply(started(resumed_at_step=5))
    record.apply(RunEnded(reason="stopped", step=5, seconds=1.0, images_per_second=1.0))
    assert record.state(is_training=True) is RunState.STOPPED


def test_throughput_and_seconds_left_come_from_the_times_of_batches() -> None:
    record = RunRecord()
    record.apply(started())
    record.apply(batches(1, 1, 10))
    record.apply(batches(1, 11, 60))
    assert record.images_per_second == pytest.approx(32 / 0.002)
    assert record.seconds_left == pytest.approx(240 * 0.002)


def test_an_invalid_configuration_is_ignored() -> None:
    record = RunRecord()
    good = started()
    record.apply(replace(good, config={"epochs": "many"}))
    assert record.started is None


def test_a_clock_set_back_gives_no_throughput() -> None:
    record = RunRecord()
    record.apply(started())
    record.apply(batches(1, 1, 10))
    record.apply(replace(batches(1, 11, 60), time=START - 100))
    assert record.images_per_second is None
    assert record.seconds_left is None


def test_current_metrics_average_the_last_batches() -> None:
    record = RunRecord()
    assert record.current_loss is None
    assert record.current_accuracy is None
    record.apply(batches(1, 1, 200))
    assert record.current_loss == pytest.approx(sum(batches(1, 101, 200).loss) / SMOOTHING)
    assert record.current_accuracy == pytest.approx(sum(batches(1, 101, 200).accuracy) / SMOOTHING)


def test_a_checkpoint_written_again_clears_the_failure() -> None:
    record = RunRecord()
    record.apply(CheckpointFailed(error="disk full", step=1))
    assert record.checkpoint_failure is not None
    record.apply(CheckpointSaved(file="last.pt", step=2))
    assert record.checkpoint_failure is None


def test_evaluations_are_kept_by_split() -> None:
    record = RunRecord()
    for epoch, split in ((1, "validation"), (1, "test"), (2, "validation")):
        record.apply(
            Evaluated(split=split, epoch=epoch, step=epoch, loss=0.1, accuracy=0.9, images=10, file="evaluation.npz")
        )
    assert record.last_evaluation() is record.evaluations[1]
    assert record.last_evaluation("validation") is record.evaluations[2]
    assert record.last_evaluation("train") is None


def test_a_summary_has_the_result_without_the_batches(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    record = summarize(folder)
    assert record.last_evaluation() is not None
    assert [epoch.epoch for epoch in record.epochs] == [1, 2, 3]
    assert len(record.history) == 0
    assert summarize(RunFolder(tmp_path / "missing")).started is None


@pytest.mark.parametrize("state", RunState)
def test_only_states_that_may_have_a_trainer_are_live(state: RunState) -> None:
    assert state.is_live == (state in ("starting", "training", "evaluating", "paused", "unknown"))


def test_a_lock_that_cannot_be_read_leaves_the_events_to_tell() -> None:
    record = RunRecord()
    record.apply(replace(started(), time=time.time()))
    assert record.state(is_training=None) is RunState.TRAINING
    record.last_time = time.time() - 61
    assert record.state(is_training=None) is RunState.UNKNOWN
    record.apply(RunEnded(reason="finished", step=1, seconds=1.0, images_per_second=1.0))
    assert record.state(is_training=None) is RunState.FINISHED


def ended(step: int, seconds: float) -> RunEnded:
    return RunEnded(reason="stopped", step=step, seconds=seconds, images_per_second=16_000.0)


def test_the_training_time_includes_that_before_a_resume(tmp_path: Path) -> None:
    record = summarize(write_run(tmp_path, epochs=3))  # 12 s an epoch
    assert record.trained_seconds == 36
    record.apply(ended(300, 12.0))  # the third epoch was trained after a resume
    assert record.trained_seconds == 36


def test_the_training_time_includes_an_unfinished_epoch() -> None:
    record = RunRecord()
    record.apply(started())
    assert record.trained_seconds == 0
    record.apply(ended(60, 7.5))
    assert record.trained_seconds == 7.5
