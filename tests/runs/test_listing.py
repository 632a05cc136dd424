"""Entries of the list of runs and checkpoints."""

import json
from pathlib import Path

import pytest
from filelock import FileLock

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointSaved, LearningRateChanged, RunEnded
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.listing import bare_checkpoint, describe_run
from emnist_tui.runs.record import summarize
from tests.support.scripted_runs import START, batches, started, write_run


def test_a_finished_run_is_described_by_its_last_evaluation(tmp_path: Path) -> None:
    folder = write_run(tmp_path)
    evaluated = summarize(folder).last_evaluation()
    assert evaluated is not None
    entry = describe_run(folder)
    assert (entry.name, entry.kind, entry.state, entry.time) == ("scripted", "run", "finished", START + 3)
    assert (entry.epoch, entry.epochs, entry.step, entry.seed) == (3, 3, 300, 0)
    assert (entry.model, entry.data, entry.test_accuracy) == ("baseline", "synthetic digits", evaluated.accuracy)


def test_the_state_of_an_unfinished_run_follows_its_lock(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1, ended=False)
    assert describe_run(folder).state == "interrupted"
    with FileLock(folder.lock):
        assert describe_run(folder).state == "training"


def test_a_run_without_events_has_the_time_of_its_run_json(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "empty")
    folder.path.mkdir()
    folder.begin(TrainConfig(), started())
    entry = describe_run(folder)
    assert entry.time == pytest.approx(folder.run_json.stat().st_mtime)
    assert (entry.state, entry.epoch, entry.step, entry.model, entry.test_accuracy) == ("interrupted", 0, 0, None, None)


def test_a_bare_checkpoint_is_described_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.pt"
    path.write_bytes(b"not a checkpoint")
    found = json.loads(json.dumps(bare_checkpoint(path).to_json()))
    known = {name: value for name, value in found.items() if value is not None}
    assert known == {
        "name": "mine.pt",
        "path": str(path),
        "kind": "checkpoint",
        "time": path.stat().st_mtime,
        "state": "checkpoint",
        "tags": [],
        "note": "",
    }


def test_a_run_stopped_within_an_epoch_counts_all_its_steps(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=2, ended=False)
    with EventLog(folder.events) as log:
        log.write(batches(3, 201, 240))
        log.write(CheckpointSaved(file="last.pt", step=240))
    assert describe_run(folder).step == 240
    with EventLog(folder.events) as log:
        log.write(batches(3, 241, 250))
        log.write(RunEnded(reason="stopped", step=250, seconds=1.0, images_per_second=1.0))
    assert describe_run(folder).step == 250


def test_the_learning_rate_is_the_one_set_last(tmp_path: Path) -> None:
    folder = write_run(tmp_path, epochs=1, ended=False)
    assert describe_run(folder).learning_rate == 0.01
    with EventLog(folder.events) as log:
        log.write(LearningRateChanged(epoch=2, step=120, learning_rate=0.003))
    assert describe_run(folder).learning_rate == 0.003
    with EventLog(folder.events) as log:
        log.write(started(TrainConfig(data="synthetic"), resumed_at_step=100))
    assert describe_run(folder).learning_rate == 0.01
    with EventLog(folder.events) as log:
        log.write(RunEnded(reason="stopped", step=150, seconds=1.0, images_per_second=1.0))
    assert describe_run(folder).learning_rate == 0.003
