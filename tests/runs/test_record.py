"""The fold of events into what the screens show."""

from pathlib import Path

import pytest

from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import Paused, PhaseStarted, Resumed, RunEnded, RunFailed
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.listing import describe_run
from emnist_tui.runs.record import RunRecord, RunState, summarize
from tests.support.scripted_runs import batches, epoch_events, started, write_run


def test_a_finished_run_is_read_whole(tmp_path: Path) -> None:
    follower = RunFollower(write_run(tmp_path))
    assert follower.poll()
    record = follower.record
    assert follower.state is RunState.FINISHED
    assert len(record.history) == record.step == record.total_steps == 300
    assert [epoch.epoch for epoch in record.epochs] == [1, 2, 3]
    assert not follower.poll()


def test_a_run_whose_trainer_is_gone_is_interrupted(tmp_path: Path) -> None:
    follower = RunFollower(write_run(tmp_path, ended=False))
    follower.poll()
    assert follower.state is RunState.INTERRUPTED


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


def test_a_resumption_drops_what_is_trained_again(tmp_path: Path) -> None:
    folder = write_run(tmp_path, ended=False)
    with EventLog(folder.events) as log:
        log.write(started(resumed_at_step=150))
        log.write(batches(2, 151, 160))
    follower = RunFollower(folder)
    follower.poll()
    record = follower.record
    assert record.step == 160
    assert record.history.steps.tolist() == list(range(1, 161))
    assert [epoch.epoch for epoch in record.epochs] == [1]
    assert [found.epoch for found in record.evaluations] == [1]


def test_throughput_and_time_left_come_from_the_times_of_batches() -> None:
    record = RunRecord()
    record.apply(started())
    record.apply(batches(1, 1, 10))
    record.apply(batches(1, 11, 60))
    assert record.images_per_second == pytest.approx(32 / 0.002)
    assert record.seconds_left == pytest.approx(240 * 0.002)


def test_a_summary_knows_the_result_without_the_batches(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    evaluated = summarize(folder).last_evaluation()
    assert evaluated is not None
    entry = describe_run(folder)
    assert entry.test_accuracy == evaluated.accuracy
    assert (entry.state, entry.epoch, entry.epochs, entry.step) == ("finished", 3, 3, 300)


def test_a_hostile_configuration_is_ignored(tmp_path: Path) -> None:
    record = RunRecord()
    good = started()
    bad = type(good)(**{**good.__dict__, "config": {"epochs": "many"}})
    record.apply(bad)
    assert record.started is None


def test_a_vanished_folder_is_no_events(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    follower = RunFollower(folder)
    for path in folder.path.iterdir():
        path.unlink()
    folder.path.rmdir()
    follower.poll()
    assert follower.record.started is None


def test_epoch_events_match_their_file(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1)
    assert (folder.path / "evaluation-epoch-001.npz").exists()
    assert len(epoch_events(folder, 1)) == 13
