"""Requests to a running trainer: pause, resume, save and stop."""

import threading
from pathlib import Path

import pytest

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.runs import events as happened
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired, ask_for, ask_for_save
from emnist_tui.runs.events import Event
from tests.support.small_dataset import (
    at_step,
    kinds,
    losses_by_step,
    only,
    report_every_batch,
    run_until,
    small_dataset,
    start,
)


def test_a_pause_saves_and_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    events: list[Event] = []
    for event in trainer.run():
        events.append(event)
        if at_step(5)(event):
            ask_for(trainer.folder.control, Desired.PAUSE)
        if isinstance(event, happened.CheckpointSaved) and event.step == 5:
            assert load_checkpoint(tmp_path / "last.pt").training is not None
            threading.Timer(0.2, ask_for, (trainer.folder.control, Desired.RUN)).start()
    paused = kinds(events).index(happened.Paused)
    assert kinds(events)[paused : paused + 3] == [happened.Paused, happened.CheckpointSaved, happened.Resumed]
    assert only(events, happened.Resumed).time - only(events, happened.Paused).time > 0.15
    ended = only(events, happened.RunEnded)
    assert ended.step == 20
    spent = events[-1].time - events[0].time
    assert ended.seconds < spent - 0.15  # a pause is not training time


def test_a_paused_run_can_be_saved_and_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset())
    control = trainer.folder.control
    events: list[Event] = []
    for event in trainer.run():
        events.append(event)
        if at_step(5)(event):
            ask_for(control, Desired.PAUSE)
        if isinstance(event, happened.CheckpointSaved) and event.file == "last.pt":
            ask_for_save(control)
        if isinstance(event, happened.CheckpointSaved) and event.file == "step-000005.pt":
            ask_for(control, Desired.STOP)
    assert kinds(events)[1:4] == [happened.Paused, happened.CheckpointSaved, happened.CheckpointSaved]
    assert happened.Resumed not in kinds(events)
    assert only(events, happened.RunEnded).reason == "stopped"


def test_each_requested_save_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    for event in trainer.run():
        if at_step(7)(event) or at_step(13)(event):
            ask_for_save(trainer.folder.control)
    assert sorted(path.name for path in tmp_path.glob("step-*.pt")) == ["step-000007.pt", "step-000013.pt"]
    checkpoint = load_checkpoint(tmp_path / "step-000013.pt")
    assert checkpoint.training is not None
    assert (checkpoint.training.progress.step, checkpoint.training.progress.batch) == (13, 13)


def test_a_stop_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset())
    events = run_until(trainer, at_step(11), lambda: ask_for(trainer.folder.control, Desired.STOP))
    assert kinds(events) == [happened.RunStarted, happened.CheckpointSaved, happened.RunEnded]
    ended = only(events, happened.RunEnded)
    assert (ended.reason, ended.step, ended.test_accuracy) == ("stopped", 11, None)
    assert list(losses_by_step(events)) == list(range(1, 12))


def test_an_evaluation_can_be_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset())
    events = run_until(trainer, lambda event: isinstance(event, happened.PhaseStarted), trainer.request_stop)
    assert happened.Evaluated not in kinds(events)
    assert only(events, happened.RunEnded).reason == "stopped"
