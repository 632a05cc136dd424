"""Bit-exact resumption: an interrupted and resumed run ends as an uninterrupted one."""

import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint, TrainingState, load_checkpoint, save_checkpoint
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training import checkpointer
from emnist_tui.learning.training.resume import resume
from emnist_tui.runs.control import Control, Desired, ask_for, ask_for_save, write_control
from emnist_tui.runs.events import (
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    Event,
    Paused,
    PhaseStarted,
    RunEnded,
    RunStarted,
)
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.weights_recording import RECORDING
from tests.support.model_table import entry
from tests.support.small_dataset import (
    FinishedRun,
    at_step,
    losses_by_step,
    of_kind,
    only,
    report_every_batch,
    run_until,
    save_every_batch,
    small_dataset,
    start,
    train_reporting_every_batch,
)


@pytest.fixture(autouse=True)
def _report_every_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)


def state(checkpoint: Checkpoint) -> TrainingState:
    assert checkpoint.training is not None
    return checkpoint.training


def resume_to_the_end(path: Path, epochs: int | None = None) -> list[Event]:
    config, checkpoint = resume(RunFolder(path), epochs)
    write_control(RunFolder(path).control, Control())
    return list(start(path, small_dataset(), config, checkpoint).run())


def assert_same_state(path: Path, other: Path) -> None:
    one, two = load_checkpoint(path), load_checkpoint(other)
    assert one.state_dict.keys() == two.state_dict.keys()
    assert all(torch.equal(one.state_dict[key], two.state_dict[key]) for key in one.state_dict)
    assert len(state(one).optimizer) == 6
    for number, moments in state(one).optimizer.items():
        assert all(torch.equal(moments[name], state(two).optimizer[number][name]) for name in moments)
    assert torch.equal(state(one).random["cpu"], state(two).random["cpu"])
    assert replace(state(one).progress, seconds=0) == replace(state(two).progress, seconds=0)
    assert state(one).metrics == state(two).metrics
    if path.name == "last.pt":
        assert (path.parent / RECORDING).read_bytes() == (other.parent / RECORDING).read_bytes()


def assert_resumed_exactly(first: list[Event], second: list[Event], whole: list[Event], resumed_at: int) -> None:
    assert only(second, RunStarted).resumed_at_step == resumed_at
    losses = losses_by_step(whole)
    assert losses_by_step(first).items() <= losses.items()
    assert losses_by_step(second) == {step: loss for step, loss in losses.items() if step > resumed_at}
    epochs = {event.epoch: (event.train_loss, event.train_accuracy) for event in of_kind(whole, EpochEnded)}
    for event in of_kind(second, EpochEnded):
        assert (event.train_loss, event.train_accuracy) == epochs[event.epoch]
    assert only(second, RunEnded).test_accuracy == only(whole, RunEnded).test_accuracy
    evaluations = [(event.epoch, event.loss) for event in of_kind(whole, Evaluated)]
    kept = [event for event in of_kind(first, Evaluated) if event.step <= resumed_at]
    assert [(event.epoch, event.loss) for event in [*kept, *of_kind(second, Evaluated)]] == evaluations


@pytest.mark.parametrize("step", [1, 13, 19, 21, 33])
def test_resume_after_a_stop_inside_an_epoch(tmp_path: Path, uninterrupted: FinishedRun, step: int) -> None:
    trainer = start(tmp_path, small_dataset(), uninterrupted.config)
    first = run_until(trainer, at_step(step), trainer.request_stop)
    os.utime(tmp_path / "last.pt", (1, 1))  # a copied folder may have lost the order of times
    second = resume_to_the_end(tmp_path)
    assert_resumed_exactly(first, second, uninterrupted.events, step)
    assert_same_state(tmp_path / "last.pt", uninterrupted.path / "last.pt")
    assert_same_state(tmp_path / "epoch-001.pt", uninterrupted.path / "epoch-001.pt")


def is_kind(kind: type[Event]) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, kind)


@pytest.mark.parametrize(
    "is_time",
    [at_step(20), is_kind(PhaseStarted), is_kind(Evaluated), is_kind(EpochEnded)],
    ids=["trained", "evaluating", "evaluated", "ended"],
)
def test_resume_after_a_stop_at_the_end_of_an_epoch(
    tmp_path: Path, uninterrupted: FinishedRun, is_time: Callable[[Event], bool]
) -> None:
    trainer = start(tmp_path, small_dataset(), uninterrupted.config)
    first = run_until(trainer, is_time, trainer.request_stop)
    second = resume_to_the_end(tmp_path)
    assert_resumed_exactly(first, second, uninterrupted.events, 20)
    assert_same_state(tmp_path / "last.pt", uninterrupted.path / "last.pt")


def test_resume_after_a_stop_in_the_evaluation_of_the_last_epoch(tmp_path: Path, uninterrupted: FinishedRun) -> None:
    trainer = start(tmp_path, small_dataset(), uninterrupted.config)
    first = run_until(trainer, at_step(40), trainer.request_stop)
    second = resume_to_the_end(tmp_path)
    assert losses_by_step(second) == {}
    assert_resumed_exactly(first, second, uninterrupted.events, 40)
    assert_same_state(tmp_path / "last.pt", uninterrupted.path / "last.pt")


def test_resume_after_a_pause_and_a_kill(tmp_path: Path, uninterrupted: FinishedRun) -> None:
    trainer = start(tmp_path, small_dataset(), uninterrupted.config)
    first: list[Event] = []
    for event in trainer.run():
        first.append(event)
        if at_step(28)(event):
            ask_for(trainer.folder.control, Desired.PAUSE)
        if of_kind(first, Paused) and isinstance(event, CheckpointSaved):
            break
    second = resume_to_the_end(tmp_path)
    assert_resumed_exactly(first, second, uninterrupted.events, 28)
    assert_same_state(tmp_path / "last.pt", uninterrupted.path / "last.pt")


def test_resume_after_a_kill_from_an_older_checkpoint(
    tmp_path: Path, uninterrupted: FinishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), uninterrupted.config)
    first: list[Event] = []
    for event in trainer.run():
        first.append(event)
        if isinstance(event, CheckpointSaved) and event.step == 25:
            monkeypatch.setattr(checkpointer, "_SAVE_EVERY", math.inf)
        if at_step(33)(event):
            break
    second = resume_to_the_end(tmp_path)
    assert_resumed_exactly(first, second, uninterrupted.events, 25)
    assert_same_state(tmp_path / "last.pt", uninterrupted.path / "last.pt")


def test_resume_from_a_requested_checkpoint_when_the_last_is_damaged(
    tmp_path: Path, uninterrupted: FinishedRun
) -> None:
    trainer = start(tmp_path, small_dataset(), uninterrupted.config)
    first: list[Event] = []
    for event in trainer.run():
        first.append(event)
        if at_step(23)(event):
            ask_for_save(trainer.folder.control)
        if at_step(30)(event):
            trainer.request_stop()
    (tmp_path / "last.pt").write_bytes((tmp_path / "last.pt").read_bytes()[:5000])
    torch.save(Baseline().state_dict(), tmp_path / "mine.pt")  # the newest file, but without training state
    os.utime(tmp_path / "epoch-001.pt", (1, 1))
    assert_resumed_exactly(first, resume_to_the_end(tmp_path), uninterrupted.events, 23)


class Dropping(Baseline):
    """A network that draws random numbers in every step."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(torch.nn.functional.dropout(images, 0.2, self.training))


def test_resume_of_a_network_that_draws_random_numbers(
    tmp_path: Path, uninterrupted: FinishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODELS, "baseline", entry(Dropping))
    whole = list(start(tmp_path / "whole", small_dataset(), uninterrupted.config).run())
    trainer = start(tmp_path / "parts", small_dataset(), uninterrupted.config)
    first = run_until(trainer, at_step(27), trainer.request_stop)
    assert_resumed_exactly(first, resume_to_the_end(tmp_path / "parts"), whole, 27)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


def test_resume_more_than_once(tmp_path: Path, uninterrupted: FinishedRun) -> None:
    trainer = start(tmp_path, small_dataset(), uninterrupted.config)
    run_until(trainer, at_step(5), trainer.request_stop)
    for step in (9, 20, 31):
        config, checkpoint = resume(RunFolder(tmp_path))
        trainer = start(tmp_path, small_dataset(), config, checkpoint)
        run_until(trainer, at_step(step), trainer.request_stop)
    resume_to_the_end(tmp_path)
    assert_same_state(tmp_path / "last.pt", uninterrupted.path / "last.pt")


def test_resume_of_a_finished_run_for_more_epochs(tmp_path: Path, uninterrupted: FinishedRun) -> None:
    list(start(tmp_path, small_dataset(), replace(uninterrupted.config, epochs=1)).run())
    second = resume_to_the_end(tmp_path, epochs=2)
    losses = losses_by_step(uninterrupted.events)
    assert losses_by_step(second) == {step: loss for step, loss in losses.items() if step > 20}
    assert_same_state(tmp_path / "last.pt", uninterrupted.path / "last.pt")


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory, uninterrupted: FinishedRun) -> FinishedRun:
    """Train for three epochs of 17 steps, with a validation split."""
    config = replace(uninterrupted.config, epochs=3, validation=100)
    return train_reporting_every_batch(tmp_path_factory.mktemp("validated"), config)


@pytest.mark.parametrize("step", [10, 34, 51])
def test_resume_with_a_validation_split(tmp_path: Path, validated: FinishedRun, step: int) -> None:
    trainer = start(tmp_path, small_dataset(), validated.config)
    first = run_until(trainer, at_step(step), trainer.request_stop)
    assert_resumed_exactly(first, resume_to_the_end(tmp_path), validated.events, step)
    assert_same_state(tmp_path / "last.pt", validated.path / "last.pt")
    assert_same_state(tmp_path / "best.pt", validated.path / "best.pt")


def test_a_loaded_checkpoint_is_saved_again_unchanged(tmp_path: Path, uninterrupted: FinishedRun) -> None:
    save_checkpoint(tmp_path / "again.pt", load_checkpoint(uninterrupted.path / "last.pt"))
    assert_same_state(tmp_path / "again.pt", uninterrupted.path / "last.pt")
    assert state(load_checkpoint(tmp_path / "again.pt")).config == uninterrupted.config
