"""Writing checkpoints, and retries after a full disk."""

import errno
import os
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint, Progress, TrainingState, load_checkpoint, save_checkpoint
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training import checkpointer
from emnist_tui.learning.training.checkpointer import LAST, Checkpointer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import ask_for_save
from emnist_tui.runs.events import CheckpointFailed, CheckpointSaved, Event, RunEnded
from tests.support.small_dataset import (
    at_step,
    kinds,
    losses_by_step,
    of_kind,
    report_every_batch,
    save_every_batch,
    small_dataset,
    start,
)


def at(step: int) -> Checkpoint:
    training = TrainingState(
        Progress(step=step), {}, {"cpu": torch.get_rng_state()}, TrainConfig(), "bars", "0" * 16, {}
    )
    return Checkpoint("baseline", Baseline().state_dict(), training)


def step_in(path: Path) -> int:
    training = load_checkpoint(path).training
    assert training is not None
    return training.progress.step


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Fill the disk while the last value is True."""
    full = [True]

    def save(path: Path, checkpoint: Checkpoint) -> None:
        if full[-1]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save_checkpoint(path, checkpoint)

    monkeypatch.setattr(checkpointer, "save_checkpoint", save)
    return full


def test_a_checkpoint_is_written_under_each_name(tmp_path: Path) -> None:
    events = list(Checkpointer(tmp_path, keep_epochs=10).write(at(20), "epoch-001.pt", LAST))
    assert [(type(event), event.step) for event in events] == [(CheckpointSaved, 20)] * 2
    assert step_in(tmp_path / "epoch-001.pt") == step_in(tmp_path / LAST) == 20


def test_a_failed_checkpoint_is_retried_and_keeps_its_own_step(tmp_path: Path, full_disk: list[bool]) -> None:
    writer = Checkpointer(tmp_path, keep_epochs=10)
    (failed,) = writer.write(at(7), "step-000007.pt")
    assert isinstance(failed, CheckpointFailed)
    assert failed.error == writer.problem
    assert "step-000007.pt cannot be written (No space left on device)" in failed.error
    full_disk.append(False)
    events = list(writer.write(at(9), LAST))
    assert [event.file for event in events if isinstance(event, CheckpointSaved)] == ["step-000007.pt", LAST]
    assert writer.problem is None
    assert (step_in(tmp_path / "step-000007.pt"), step_in(tmp_path / LAST)) == (7, 9)


def test_a_requested_checkpoint_written_late_holds_the_weights_of_its_step(
    tmp_path: Path, full_disk: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    weights: dict[str, torch.Tensor] = {}
    for event in trainer.run():
        if at_step(7)(event):
            weights = {key: weight.clone() for key, weight in trainer._learner.model.state_dict().items()}
            ask_for_save(trainer.folder.control)
        if isinstance(event, CheckpointFailed):
            full_disk.append(False)
    checkpoint = load_checkpoint(tmp_path / "step-000007.pt")
    assert checkpoint.training is not None
    assert checkpoint.training.progress.step == 7
    assert all(torch.equal(weight, weights[key]) for key, weight in checkpoint.state_dict.items())


def test_training_continues_while_checkpoints_are_retried(
    tmp_path: Path, full_disk: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    report_every_batch(monkeypatch)
    save_every_batch(monkeypatch)
    monkeypatch.setattr(checkpointer, "_RETRY_AFTER", 0.0)
    events: list[Event] = []
    for event in start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run():
        events.append(event)
        full_disk.append(len(of_kind(events, CheckpointFailed)) < 3)
    assert kinds(events)[1:5] == [CheckpointFailed] * 3 + [CheckpointSaved]
    assert isinstance(events[-1], RunEnded)
    assert len(losses_by_step(events)) == 20


def test_a_retry_writes_the_newest_checkpoint_of_a_name(tmp_path: Path, full_disk: list[bool]) -> None:
    writer = Checkpointer(tmp_path, keep_epochs=10)
    list(writer.write(at(7), LAST))
    full_disk.append(False)
    list(writer.write(at(9), LAST))
    assert step_in(tmp_path / LAST) == 9


def test_the_next_checkpoint_is_due_after_30_seconds_and_a_retry_after_5(
    tmp_path: Path, full_disk: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    writer = Checkpointer(tmp_path, keep_epochs=10)
    now = 129.9
    assert not writer.is_due
    now = 130.0
    assert writer.is_due
    list(writer.write(at(1), LAST))
    assert not writer.is_due
    now = 135.0
    assert writer.is_due
    full_disk.append(False)
    list(writer.write(at(2), LAST))
    now = 164.9
    assert not writer.is_due
    now = 165.0
    assert writer.is_due
