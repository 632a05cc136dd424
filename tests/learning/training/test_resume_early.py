"""Early stopping, and what may change when a run is resumed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import CHANGEABLE, TrainConfig
from emnist_tui.runs.control import Control, write_control
from emnist_tui.runs.errors import EmnistTuiError, NothingToTrainError, UsageError
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import EpochEnded, Event, RunEnded, StoppedEarly
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import summarize
from tests.support.small_dataset import at_step, of_kind, only, report_every_batch, small_dataset, start

STEPS = 17
"""Optimizer steps of an epoch with 100 images held out."""


@pytest.fixture(autouse=True)
def _report_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)


def drive(
    training: Trainer, act_at: int = -1, act: Callable[[], object] | None = None, kill_at: int = -1
) -> list[Event]:
    """Run as `train` does, acting after a step; a kill leaves no end."""
    events: list[Event] = []
    with EventLog(training.folder.events) as log:
        for event in training.run():
            events.append(event)
            log.write(event)
            if act and at_step(act_at)(event):
                act()
            if at_step(kill_at)(event):
                break
    return events


def resumed(path: Path, epochs: int | None = None, patience: int | None = None) -> Trainer:
    folder = RunFolder(path)
    write_control(folder.control, Control())
    config, checkpoint = resume(folder, epochs, patience)
    return start(path, small_dataset(), config, checkpoint)


EARLY = TrainConfig(epochs=6, seed=3, validation=100, patience=2, learning_rate=1e-9)


def test_a_run_without_progress_stops_early_and_tests_its_best_epoch(tmp_path: Path) -> None:
    events = drive(start(tmp_path, small_dataset(), EARLY))
    stopped = only(events, StoppedEarly)
    assert (stopped.epoch, stopped.best_epoch) == (3, 1)
    assert only(events, RunEnded).reason == "finished"
    assert only(events, RunEnded).test_accuracy is not None


def test_a_run_that_stopped_early_is_over_until_its_patience_is_raised(tmp_path: Path) -> None:
    drive(start(tmp_path, small_dataset(), EARLY))
    with pytest.raises(UsageError, match=r"early after epoch 3, and none was better than epoch 1.*--patience 3"):
        resume(RunFolder(tmp_path))
    with pytest.raises(UsageError, match="--patience 3 or more"):  # which is enough, however low it was
        resume(RunFolder(tmp_path), patience=1)
    events = drive(resumed(tmp_path, patience=3))
    assert only(events, StoppedEarly).epoch == 4


def test_a_run_whose_patience_ends_with_its_last_epoch_finished(tmp_path: Path) -> None:
    events = drive(start(tmp_path, small_dataset(), replace(EARLY, epochs=3)))
    assert not of_kind(events, StoppedEarly)
    with pytest.raises(NothingToTrainError, match="finished its 3 epochs; resume with --epochs 4"):
        resume(RunFolder(tmp_path))
    with pytest.raises(UsageError, match=r"finished its 3 epochs, and none was better than epoch 1; .* --patience 3"):
        resume(RunFolder(tmp_path), epochs=5)
    assert summarize(RunFolder(tmp_path)).is_exhausted
    events = drive(resumed(tmp_path, epochs=5, patience=0))
    assert only(events, RunEnded).step == 5 * STEPS
    assert not summarize(RunFolder(tmp_path)).is_exhausted


def test_patience_lowered_within_an_epoch_ends_the_run_after_it(tmp_path: Path) -> None:
    first = start(tmp_path, small_dataset(), replace(EARLY, patience=0))
    drive(first, 3 * STEPS + 5, first.request_stop)
    events = drive(resumed(tmp_path, patience=1))
    assert [event.epoch for event in of_kind(events, EpochEnded)] == [4]
    assert (only(events, StoppedEarly).epoch, only(events, StoppedEarly).best_epoch) == (4, 1)
    with pytest.raises(UsageError, match="stopped early after epoch 4"):
        resume(RunFolder(tmp_path))


def test_patience_counts_from_the_checkpoint_of_an_earlier_version(tmp_path: Path) -> None:
    drive(start(tmp_path, small_dataset(), replace(EARLY, epochs=4, patience=0)))
    path = tmp_path / "last.pt"
    content = torch.load(path, weights_only=True)
    del content["best_epoch"]
    torch.save(content, path)
    events = drive(resumed(tmp_path, epochs=9, patience=2))
    assert (only(events, StoppedEarly).epoch, only(events, StoppedEarly).best_epoch) == (6, 4)


def test_patience_needs_held_out_images_when_resumed_too(tmp_path: Path) -> None:
    drive(start(tmp_path, small_dataset(), TrainConfig(epochs=1)))
    with pytest.raises(UsageError, match=r"holds out no images, .*; start a new run"):
        resume(RunFolder(tmp_path), epochs=2, patience=3)
    assert resume(RunFolder(tmp_path), epochs=2, patience=0)[0].epochs == 2


@pytest.mark.parametrize("name", sorted(TrainConfig().to_json().keys() - set(CHANGEABLE)))
def test_no_value_that_decides_a_step_may_change(tmp_path: Path, name: str) -> None:
    drive(start(tmp_path, small_dataset(), TrainConfig(epochs=1)))
    config, checkpoint = resume(RunFolder(tmp_path), epochs=2)
    other: Any = {"optimizer": "sgd", "schedule": "cosine", "seed": 9, "batch_size": 9, "validation": 9}.get(name, 0.25)
    with pytest.raises(EmnistTuiError, match=f"The run has {name.replace('_', ' ')} .*start a new run"):
        start(tmp_path, small_dataset(), replace(config, **{name: other}), checkpoint)


def test_resume_of_a_run_killed_before_it_stopped_early(tmp_path: Path) -> None:
    whole = drive(start(tmp_path / "whole", small_dataset(), EARLY))
    step = only(whole, StoppedEarly).step
    drive(start(tmp_path / "parts", small_dataset(), EARLY), kill_at=step)
    events = drive(resumed(tmp_path / "parts"))
    assert only(events, StoppedEarly).step == step
    assert only(events, RunEnded).test_accuracy == only(whole, RunEnded).test_accuracy
