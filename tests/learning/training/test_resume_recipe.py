"""Bit-exact resumption of runs that use the whole recipe, and whose learning rate was changed."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.training import checkpointer
from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, ask_for_learning_rate, write_control
from emnist_tui.runs.event_log import EventLog
from emnist_tui.runs.events import (
    CheckpointSaved,
    EpochEnded,
    Event,
    LearningRateChanged,
    PhaseStarted,
    RunStarted,
)
from emnist_tui.runs.folder import RunFolder
from tests.support.small_dataset import (
    at_step,
    losses_by_step,
    of_kind,
    only,
    report_every_batch,
    run_until,
    save_every_batch,
    small_dataset,
    start,
)
from tests.support.ways import Way, eager, graph, take_by

WHOLE = TrainConfig(
    model="compact",
    epochs=2,
    seed=3,
    optimizer="adamw",
    schedule="one-cycle",
    weight_decay=0.01,
    label_smoothing=0.1,
    augmentation=0.7,
    ema=0.95,
    clip_norm=1.0,
)
CHANGES = {9: 0.004, 27: 0.0007}
"""Learning rates set after some steps."""


@pytest.fixture(autouse=True)
def _report_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)


def drive(
    training: Trainer, changes: Mapping[int, float], acts: Mapping[int, Callable[[], object]], killed_at: int = -1
) -> list[Event]:
    """Run as `train` does, setting learning rates and acting after some steps; a kill leaves no end."""
    events: list[Event] = []
    with EventLog(training.folder.events) as log:
        for event in training.run():
            events.append(event)
            log.write(event)
            for step, rate in changes.items():
                if at_step(step)(event):
                    ask_for_learning_rate(training.folder.control, rate)
            for step, act in acts.items():
                if at_step(step)(event):
                    act()
            if at_step(killed_at)(event):
                break
    return events


def resumed(path: Path) -> Trainer:
    folder = RunFolder(path)
    write_control(folder.control, Control())
    config, checkpoint = resume(folder)
    return start(path, small_dataset(), config, checkpoint)


def tensors(checkpoint: Checkpoint) -> list[torch.Tensor]:
    training = checkpoint.training
    assert training is not None
    assert training.trained_weights is not None
    moments = [moment for entries in training.optimizer.values() for moment in entries.values()]
    return [*checkpoint.state_dict.values(), *training.trained_weights.values(), *moments]


def assert_same(path: Path, other: Path) -> None:
    one, two = load_checkpoint(path / "last.pt"), load_checkpoint(other / "last.pt")
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(tensors(one), tensors(two), strict=True))
    assert one.training is not None
    assert two.training is not None
    assert one.training.config == two.training.config
    assert one.training.metrics == two.training.metrics


def test_a_changed_rate_applies_from_the_next_batch_on(tmp_path: Path) -> None:
    plain = drive(start(tmp_path / "plain", small_dataset(), WHOLE), {}, {})
    events = drive(start(tmp_path / "changed", small_dataset(), WHOLE), CHANGES, {})
    changed = [(event.step, event.learning_rate) for event in of_kind(events, LearningRateChanged)]
    assert changed == list(CHANGES.items())
    one, two = losses_by_step(plain), losses_by_step(events)
    assert [step for step in one if one[step] == two[step]] == list(range(1, 11))  # the 10th precedes its step


@pytest.mark.parametrize("way", [eager, graph])
def test_resume_after_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    whole = drive(start(tmp_path / "whole", small_dataset(), WHOLE), CHANGES, {})
    take_by(way, monkeypatch)
    first = start(tmp_path / "parts", small_dataset(), WHOLE)
    drive(first, CHANGES, {13: first.request_stop})
    second = resumed(tmp_path / "parts")
    drive(second, CHANGES, {31: second.request_stop})
    third = drive(resumed(tmp_path / "parts"), {}, {})
    assert only(third, RunStarted).config["learning_rate"] == CHANGES[27]
    assert losses_by_step(third) == {step: loss for step, loss in losses_by_step(whole).items() if step > 31}
    assert_same(tmp_path / "parts", tmp_path / "whole")


def test_resume_after_a_stop_in_an_evaluation(tmp_path: Path) -> None:
    whole = drive(start(tmp_path / "whole", small_dataset(), WHOLE), {}, {})
    first = start(tmp_path / "parts", small_dataset(), WHOLE)
    stopped = run_until(first, lambda event: isinstance(event, PhaseStarted), first.request_stop)
    assert not of_kind(stopped, EpochEnded)
    events = drive(resumed(tmp_path / "parts"), {}, {})
    assert losses_by_step(events) == {step: loss for step, loss in losses_by_step(whole).items() if step > 20}
    assert_same(tmp_path / "parts", tmp_path / "whole")


@pytest.mark.parametrize("way", [eager, graph])
def test_resume_after_a_kill_repeats_the_changes_since_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way
) -> None:
    drive(start(tmp_path / "whole", small_dataset(), WHOLE), CHANGES, {})
    take_by(way, monkeypatch)
    monkeypatch.setattr(checkpointer, "_SAVE_EVERY", math.inf)
    drive(start(tmp_path / "parts", small_dataset(), WHOLE), CHANGES, {}, killed_at=33)
    second = resumed(tmp_path / "parts")
    assert second.config.learning_rate == CHANGES[9]
    events = drive(second, {}, {})
    assert only(events, RunStarted).resumed_at_step == 20
    assert not of_kind(events, LearningRateChanged)
    assert_same(tmp_path / "parts", tmp_path / "whole")


def test_a_new_change_ends_the_repetition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive(start(tmp_path / "whole", small_dataset(), WHOLE), {9: 0.004, 24: 0.01}, {})
    drive(start(tmp_path / "parts", small_dataset(), WHOLE), CHANGES, {}, killed_at=33)
    drive(resumed(tmp_path / "parts"), {24: 0.01}, {}, killed_at=30)
    drive(resumed(tmp_path / "parts"), {}, {})
    assert_same(tmp_path / "parts", tmp_path / "whole")


def test_a_request_of_the_rate_that_holds_ends_the_repetition_too(tmp_path: Path) -> None:
    drive(start(tmp_path, small_dataset(), WHOLE), CHANGES, {}, killed_at=33)
    again = resumed(tmp_path)
    events = drive(again, {24: CHANGES[9]}, {})
    assert only(events, LearningRateChanged).step == 24
    assert again.config.learning_rate == CHANGES[9]


def test_a_change_while_paused_holds_after_a_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), WHOLE)
    events = drive(trainer, {12: 0.002}, {12: trainer.request_stop})
    assert only(events, LearningRateChanged).step == 12
    assert max(of_kind(events, CheckpointSaved), key=lambda saved: saved.time).step == 12
    assert resumed(tmp_path).config.learning_rate == 0.002
