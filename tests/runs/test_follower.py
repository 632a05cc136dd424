"""A run folder followed while it grows."""

import time
from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs import follower as module
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import RunFailed
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.record import RunState
from tests.support.scripted_runs import batches, started, write_run


def test_a_finished_run_is_read_completely(tmp_path: Path) -> None:
    follower = RunFollower(write_run(tmp_path))
    assert follower.poll()
    record = follower.record
    assert follower.state is RunState.FINISHED
    assert len(record.history) == record.step == record.total_steps == 300
    assert [epoch.epoch for epoch in record.epochs] == [1, 2, 3]
    assert not follower.poll()


def test_a_run_without_its_trainer_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOCK_CHECK_INTERVAL", 0.0)
    folder = write_run(tmp_path, epochs=1, ended=False)
    with FileLock(folder.lock):
        follower = RunFollower(folder)
        follower.poll()
        states = [follower.state]
    assert follower.poll()
    assert [*states, follower.state] == [RunState.TRAINING, RunState.INTERRUPTED]


def test_the_lock_is_checked_at_once_after_the_end(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1, ended=False)
    with FileLock(folder.lock):
        follower = RunFollower(folder)
        follower.poll()
        with EventLog(folder.events) as log:
            log.write(RunFailed(error="disk full"))
        follower.poll()
        assert follower.is_training
    follower.poll()
    assert not follower.is_training


def test_a_resumed_run_discards_the_batches_that_it_trains_again(tmp_path: Path) -> None:
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
    assert [evaluated.epoch for evaluated in record.evaluations] == [1]


def test_a_replaced_file_starts_a_new_record(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    follower = RunFollower(folder)
    follower.poll()
    folder.events.write_text(started().to_line())
    assert follower.poll()
    assert follower.record.step == 0
    assert follower.record.ended is None
    assert follower.record.started is not None


def test_a_deleted_folder_has_no_events(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    follower = RunFollower(folder)
    for path in folder.path.iterdir():
        path.unlink()
    folder.path.rmdir()
    assert not follower.poll()
    assert follower.record.started is None


def test_batches_that_come_too_fast_are_sampled_and_those_before_are_all_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    folder = write_run(tmp_path, epochs=2, ended=False)
    follower = RunFollower(folder)
    assert follower.poll()
    assert not follower.poll()
    assert len(follower.record.history) == 200
    with EventLog(folder.events) as log:
        for last in range(210, 310, 10):
            log.write(batches(3, last - 9, last))
        log.write(RunFailed(error="After many batches."))
    clock[0] += 1.0
    monkeypatch.setattr(module, "_MOST_PARSED", 1 << 20)
    one = RunFollower(folder)
    one.poll()
    assert not one.record.history.is_sampled
    monkeypatch.setattr(module, "_MOST_PARSED", folder.events.stat().st_size // 10)
    assert follower.poll()
    record = follower.record
    assert record.history.is_sampled
    assert 200 < len(record.history) < 300
    assert record.history.steps[-1] == record.step == 300, "the newest are among them"
    assert record.failed, "only batches are sampled"
    assert len(one.record.history) == 300


def test_a_follower_that_was_late_reads_all_that_came_at_a_usual_pace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    folder = write_run(tmp_path, epochs=1, ended=False)
    follower = RunFollower(folder)
    while follower.poll():
        pass
    with EventLog(folder.events) as log:
        for last in range(1_000, 101_000, 1_000):
            log.write(batches(3, last - 999, last))
    clock[0] += 60.0
    follower.poll()
    assert not follower.record.history.is_sampled
