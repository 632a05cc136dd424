"""A run that was interrupted anywhere goes on as if it had not been: weights, optimizer and losses, bit by bit."""

import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Checkpoint, TrainingState, load_checkpoint, save_checkpoint
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.registry import MODELS
from emnist_tui.learning.training import checkpointer
from emnist_tui.learning.training.resume import resume
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Control, Desired, ask_for, ask_for_save, write_control
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.event_log import EventLog
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
from tests.support.small_dataset import (
    at_step,
    losses_by_step,
    report_every_batch,
    run_until,
    save_every_batch,
    small_dataset,
    start,
)

CONFIG = TrainConfig(epochs=2, seed=3)


@pytest.fixture(autouse=True)
def _watched(monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)


def state(checkpoint: Checkpoint) -> TrainingState:
    assert checkpoint.training is not None
    return checkpoint.training


def go_on(path: Path, epochs: int | None = None) -> list[Event]:
    config, checkpoint = resume(RunFolder(path), epochs)
    write_control(RunFolder(path).control, Control())
    return list(start(path, small_dataset(), config, checkpoint).run())


def of(events: list[Event], kind: type[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


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


def assert_went_on_exactly(first: list[Event], second: list[Event], whole: list[Event], resumed_at: int) -> None:
    (started,) = of(second, RunStarted)
    assert started.resumed_at_step == resumed_at
    straight = losses_by_step(whole)
    assert losses_by_step(first).items() <= straight.items()
    assert losses_by_step(second) == {step: loss for step, loss in straight.items() if step > resumed_at}
    told = {event.epoch: (event.train_loss, event.train_accuracy) for event in of(whole, EpochEnded)}
    for event in of(second, EpochEnded):
        assert (event.train_loss, event.train_accuracy) == told[event.epoch]
    assert of(second, RunEnded)[0].test_accuracy == of(whole, RunEnded)[0].test_accuracy
    evaluations = [(event.epoch, event.loss) for event in of(whole, Evaluated)]
    kept = [event for event in of(first, Evaluated) if event.step <= resumed_at]
    assert [(event.epoch, event.loss) for event in [*kept, *of(second, Evaluated)]] == evaluations


@pytest.fixture
def whole(tmp_path: Path) -> list[Event]:
    """The events of the uninterrupted run, in the folder `whole`."""
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    return list(start(tmp_path / "whole", small_dataset(), CONFIG).run())


@pytest.mark.parametrize("step", [1, 13, 19, 21, 33])
def test_after_a_stop_inside_an_epoch(tmp_path: Path, whole: list[Event], step: int) -> None:
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    first = run_until(trainer, at_step(step), trainer.request_stop)
    os.utime(tmp_path / "parts" / "last.pt", (1, 1))  # a copied folder may have lost the order of times
    second = go_on(tmp_path / "parts")
    assert_went_on_exactly(first, second, whole, step)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")
    assert_same_state(tmp_path / "parts" / "epoch-001.pt", tmp_path / "whole" / "epoch-001.pt")


def is_kind(kind: type[Event]) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, kind)


@pytest.mark.parametrize(
    ("is_time", "resumed_at"),
    [(at_step(20), 20), (is_kind(PhaseStarted), 20), (is_kind(Evaluated), 20), (is_kind(EpochEnded), 20)],
    ids=["trained", "evaluating", "evaluated", "ended"],
)
def test_after_a_stop_at_the_edge_of_an_epoch(
    tmp_path: Path, whole: list[Event], is_time: Callable[[Event], bool], resumed_at: int
) -> None:
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    first = run_until(trainer, is_time, trainer.request_stop)
    second = go_on(tmp_path / "parts")
    assert_went_on_exactly(first, second, whole, resumed_at)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


def test_after_a_stop_in_the_evaluation_of_the_last_epoch(tmp_path: Path, whole: list[Event]) -> None:
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    first = run_until(trainer, at_step(40), trainer.request_stop)
    second = go_on(tmp_path / "parts")
    assert losses_by_step(second) == {}
    assert_went_on_exactly(first, second, whole, 40)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


def test_after_a_pause_and_a_kill(tmp_path: Path, whole: list[Event]) -> None:
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    first: list[Event] = []
    for event in trainer.run():
        first.append(event)
        if at_step(28)(event):
            ask_for(trainer.folder.control, Desired.PAUSE)
        if of(first, Paused) and isinstance(event, CheckpointSaved):
            break
    second = go_on(tmp_path / "parts")
    assert_went_on_exactly(first, second, whole, 28)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


def test_after_a_kill_from_an_older_checkpoint(
    tmp_path: Path, whole: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_every_batch(monkeypatch)
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    first: list[Event] = []
    for event in trainer.run():
        first.append(event)
        if isinstance(event, CheckpointSaved) and event.step == 25:
            monkeypatch.setattr(checkpointer, "_SAVE_EVERY", math.inf)
        if at_step(33)(event):
            break
    second = go_on(tmp_path / "parts")
    assert_went_on_exactly(first, second, whole, 25)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


class Dropping(Baseline):
    """Draws random numbers in every step."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(torch.nn.functional.dropout(images, 0.2, self.training))


def test_with_a_network_that_draws_random_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "baseline", Dropping)
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = list(start(tmp_path / "whole", small_dataset(), CONFIG).run())
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    first = run_until(trainer, at_step(27), trainer.request_stop)
    assert_went_on_exactly(first, go_on(tmp_path / "parts"), whole, 27)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


def test_more_than_once(tmp_path: Path, whole: list[Event]) -> None:
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    run_until(trainer, at_step(5), trainer.request_stop)
    for step in (9, 20, 31):
        config, checkpoint = resume(RunFolder(tmp_path / "parts"))
        trainer = start(tmp_path / "parts", small_dataset(), config, checkpoint)
        run_until(trainer, at_step(step), trainer.request_stop)
    go_on(tmp_path / "parts")
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


def test_with_more_epochs_after_the_end(tmp_path: Path, whole: list[Event]) -> None:
    list(start(tmp_path / "parts", small_dataset(), replace(CONFIG, epochs=1)).run())
    second = go_on(tmp_path / "parts", epochs=2)
    assert losses_by_step(second) == {step: loss for step, loss in losses_by_step(whole).items() if step > 20}
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")


@pytest.mark.parametrize("step", [10, 34, 51])
def test_with_a_validation_split(tmp_path: Path, step: int) -> None:
    config = replace(CONFIG, epochs=3, validation=100)  # 17 steps an epoch
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    whole = list(start(tmp_path / "whole", small_dataset(), config).run())
    trainer = start(tmp_path / "parts", small_dataset(), config)
    first = run_until(trainer, at_step(step), trainer.request_stop)
    assert_went_on_exactly(first, go_on(tmp_path / "parts"), whole, step)
    assert_same_state(tmp_path / "parts" / "last.pt", tmp_path / "whole" / "last.pt")
    assert_same_state(tmp_path / "parts" / "best.pt", tmp_path / "whole" / "best.pt")


def test_after_a_stop_in_the_last_evaluation_on_test(tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=1, validation=100)
    trainer = start(tmp_path, small_dataset(), config)
    first = run_until(trainer, is_kind(EpochEnded), trainer.request_stop)
    assert [event.split for event in of(first, Evaluated)] == ["validation"]
    second = go_on(tmp_path)
    assert [event.split for event in of(second, Evaluated)] == ["test"]
    assert of(second, RunEnded)[0].reason == "finished"
    with pytest.raises(UsageError, match="finished its 1 epoch;"):
        resume(RunFolder(tmp_path))


def test_a_finished_run_needs_more_epochs(tmp_path: Path, whole: list[Event]) -> None:
    folder = RunFolder(tmp_path / "whole")
    with pytest.raises(UsageError, match="finished its 2 epochs; go on with --epochs 3"):
        resume(folder)
    with pytest.raises(UsageError, match="epoch 2 already"):
        resume(folder, epochs=1)
    config, checkpoint = resume(folder, epochs=3)
    assert config == replace(CONFIG, epochs=3)
    with pytest.raises(UsageError, match="finished"):
        Trainer(CONFIG, folder, small_dataset(), checkpoint=checkpoint)


def test_a_run_that_was_killed_before_it_could_tell_its_end_only_tells_it(tmp_path: Path, whole: list[Event]) -> None:
    folder = RunFolder(tmp_path / "whole")
    with EventLog(folder.events) as log:
        for event in whole[:-1]:
            log.write(event)
    before = load_checkpoint(folder.last_checkpoint)
    rest = go_on(folder.path)
    assert [type(event) for event in rest] == [RunStarted, RunEnded]
    assert of(rest, RunEnded)[0].reason == "finished"
    assert of(rest, RunEnded)[0].test_accuracy == of(whole, RunEnded)[0].test_accuracy
    assert state(before).progress == state(load_checkpoint(folder.last_checkpoint)).progress
    with EventLog(folder.events) as log:
        for event in rest:
            log.write(event)
    with pytest.raises(UsageError, match="finished its 2 epochs"):
        resume(folder)


def test_a_run_that_was_killed_before_each_last_pt_has_one_in_the_end(tmp_path: Path, whole: list[Event]) -> None:
    folder = RunFolder(tmp_path / "whole")
    with EventLog(folder.events) as log:
        for event in whole[:-1]:
            log.write(event)
    expected = state(load_checkpoint(folder.last_checkpoint))
    folder.last_checkpoint.unlink()
    rest = go_on(folder.path)
    assert of(rest, RunEnded)[0].reason == "finished"
    assert state(load_checkpoint(folder.last_checkpoint)).progress == expected.progress


def test_other_data_or_settings_are_refused(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(), CONFIG)
    run_until(trainer, at_step(5), trainer.request_stop)
    _, checkpoint = resume(trainer.folder)
    with pytest.raises(EmnistTuiError, match=r"trained on bars .*not the same data"):
        start(tmp_path, small_dataset(seed=9), CONFIG, checkpoint)
    for change in ({"batch_size": 64}, {"seed": 4}, {"learning_rate": 0.1}, {"validation": 10}):
        with pytest.raises(EmnistTuiError, match=next(iter(change)).replace("_", " ")):
            start(tmp_path, small_dataset(), replace(CONFIG, **change), checkpoint)
    with pytest.raises(EmnistTuiError, match="weights only"):
        start(tmp_path, small_dataset(), CONFIG, replace(checkpoint, training=None))


def test_a_broken_last_checkpoint_falls_back_on_the_newest_other(tmp_path: Path, whole: list[Event]) -> None:
    trainer = start(tmp_path / "parts", small_dataset(), CONFIG)
    first: list[Event] = []
    for event in trainer.run():
        first.append(event)
        if at_step(23)(event):
            ask_for_save(trainer.folder.control)
        if at_step(30)(event):
            trainer.request_stop()
    folder = tmp_path / "parts"
    (folder / "last.pt").write_bytes((folder / "last.pt").read_bytes()[:5000])
    torch.save(Baseline().state_dict(), folder / "mine.pt")  # newest, but nothing to go on from
    os.utime(folder / "epoch-001.pt", (1, 1))
    assert_went_on_exactly(first, go_on(folder), whole, 23)


def test_a_run_without_a_whole_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmnistTuiError, match="has no checkpoint to go on from"):
        resume(RunFolder(tmp_path))
    (tmp_path / "last.pt").write_bytes(b"PK\3\4")
    with pytest.raises(EmnistTuiError, match=r"last\.pt is damaged"):
        resume(RunFolder(tmp_path))


def test_saves_asked_for_before_are_not_made_again(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(), CONFIG)
    for event in trainer.run():
        if at_step(5)(event):
            ask_for_save(trainer.folder.control)
        if at_step(9)(event):
            trainer.request_stop()
    assert not [event for event in of(go_on(tmp_path), CheckpointSaved) if event.file.startswith("step-")]
    assert len(list(tmp_path.glob("step-*.pt"))) == 1


def test_a_checkpoint_of_a_run_survives_its_file(tmp_path: Path) -> None:
    trainer = start(tmp_path, small_dataset(), CONFIG)
    run_until(trainer, at_step(5), trainer.request_stop)
    save_checkpoint(tmp_path / "again.pt", load_checkpoint(tmp_path / "last.pt"))
    assert_same_state(tmp_path / "again.pt", tmp_path / "last.pt")
    assert state(load_checkpoint(tmp_path / "again.pt")).config == CONFIG
