"""Which checkpoints of a run can be resumed. Bit-exact resumption is tested in `test_resume_exact`."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint.format import Checkpoint, TrainingState, load_checkpoint
from emnist_tui.learning.training.resume import newest_checkpoint, resume
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, ask_for_save, write_control
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import CheckpointSaved, EpochEnded, Evaluated, Event, RunEnded, RunStarted
from emnist_tui.runs.folder import RunFolder
from tests.support.small_dataset import (
    FinishedRun,
    at_step,
    of_kind,
    only,
    report_every_batch,
    run_until,
    small_dataset,
    start,
)


def state(checkpoint: Checkpoint) -> TrainingState:
    assert checkpoint.training is not None
    return checkpoint.training


def resume_to_the_end(path: Path) -> list[Event]:
    config, checkpoint = resume(RunFolder(path))
    write_control(RunFolder(path).control, Control())
    return list(start(path, small_dataset(), config, checkpoint).run())


@pytest.fixture
def killed(tmp_path: Path, uninterrupted: FinishedRun) -> RunFolder:
    """Copy a finished run, without the report of its end."""
    folder = RunFolder(shutil.copytree(uninterrupted.path, tmp_path / "killed"))
    with EventLog(folder.events) as log:
        for event in uninterrupted.events[:-1]:
            log.write(event)
    return folder


def test_a_finished_run_needs_more_epochs(uninterrupted: FinishedRun) -> None:
    folder = RunFolder(uninterrupted.path)
    with pytest.raises(UsageError, match="finished its 2 epochs; resume with --epochs 3"):
        resume(folder)
    with pytest.raises(UsageError, match="already in epoch 2; resume with --epochs 2"):
        resume(folder, epochs=1)
    config, checkpoint = resume(folder, epochs=3)
    assert config == replace(uninterrupted.config, epochs=3)
    with pytest.raises(UsageError, match="finished"):
        Trainer(uninterrupted.config, folder, small_dataset(), checkpoint=checkpoint)


def test_a_run_killed_before_it_reported_its_end_reports_only_that(
    killed: RunFolder, uninterrupted: FinishedRun
) -> None:
    before = load_checkpoint(killed.last_checkpoint)
    rest = resume_to_the_end(killed.path)
    assert [type(event) for event in rest] == [RunStarted, RunEnded]
    assert only(rest, RunEnded).reason == "finished"
    assert only(rest, RunEnded).test_accuracy == only(uninterrupted.events, RunEnded).test_accuracy
    assert state(before).progress == state(load_checkpoint(killed.last_checkpoint)).progress
    with EventLog(killed.events) as log:
        for event in rest:
            log.write(event)
    with pytest.raises(UsageError, match="finished its 2 epochs"):
        resume(killed)


def test_a_run_resumed_at_its_end_saves_a_missing_last_checkpoint(killed: RunFolder) -> None:
    expected = state(load_checkpoint(killed.last_checkpoint))
    killed.last_checkpoint.unlink()
    rest = resume_to_the_end(killed.path)
    assert only(rest, RunEnded).reason == "finished"
    assert state(load_checkpoint(killed.last_checkpoint)).progress == expected.progress


def test_a_run_stopped_in_the_last_evaluation_on_test_is_not_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1, seed=3, validation=100))
    first = run_until(trainer, lambda event: isinstance(event, EpochEnded), trainer.request_stop)
    assert [event.split for event in of_kind(first, Evaluated)] == ["validation"]
    second = resume_to_the_end(tmp_path)
    assert [event.split for event in of_kind(second, Evaluated)] == ["test"]
    assert only(second, RunEnded).reason == "finished"
    with pytest.raises(UsageError, match="finished its 1 epoch;"):
        resume(RunFolder(tmp_path))


def test_other_data_or_settings_are_refused(tmp_path: Path, uninterrupted: FinishedRun) -> None:
    checkpoint = load_checkpoint(uninterrupted.path / "epoch-001.pt")
    config = uninterrupted.config
    with pytest.raises(EmnistTuiError, match=r"trained on bars .*not the same data"):
        start(tmp_path, small_dataset(seed=9), config, checkpoint)
    for change in ({"batch_size": 64}, {"seed": 4}, {"learning_rate": 0.1}, {"validation": 10}):
        with pytest.raises(EmnistTuiError, match=next(iter(change)).replace("_", " ")):
            start(tmp_path, small_dataset(), replace(config, **change), checkpoint)
    with pytest.raises(EmnistTuiError, match="weights only"):
        start(tmp_path, small_dataset(), config, replace(checkpoint, training=None))


def test_the_newest_checkpoint_is_the_last_or_else_the_latest_file(tmp_path: Path, uninterrupted: FinishedRun) -> None:
    folder = RunFolder(shutil.copytree(uninterrupted.path, tmp_path / "copy"))
    checkpoint, config = newest_checkpoint(folder)
    assert (state(checkpoint).progress.step, config) == (40, uninterrupted.config)
    folder.last_checkpoint.write_bytes(b"PK\3\4")
    (folder.path / "epoch-002.pt").unlink()
    checkpoint, _ = newest_checkpoint(folder)
    assert state(checkpoint).progress.step == 20


def test_a_run_without_a_readable_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no checkpoint to resume from"):
        resume(RunFolder(tmp_path))
    (tmp_path / "last.pt").write_bytes(b"PK\3\4")
    with pytest.raises(EmnistTuiError, match=r"last\.pt is damaged"):
        resume(RunFolder(tmp_path))


def test_saves_requested_before_the_resume_are_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    for event in trainer.run():
        if at_step(5)(event):
            ask_for_save(trainer.folder.control)
        if at_step(9)(event):
            trainer.request_stop()
    second = resume_to_the_end(tmp_path)
    assert not [event for event in of_kind(second, CheckpointSaved) if event.file.startswith("step-")]
    assert len(list(tmp_path.glob("step-*.pt"))) == 1
