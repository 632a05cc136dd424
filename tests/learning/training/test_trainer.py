"""What a run yields, writes and obeys. Going on exactly is tested in test_resume."""

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import load_checkpoint, save_checkpoint
from emnist_tui.learning.data.dataset import Dataset, hold_out
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.models import registry
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training import checkpointer
from emnist_tui.learning.training.sampler import epoch_order
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs import events as happened
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.control import Desired, ask_for, ask_for_save
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.events import Event
from emnist_tui.runs.record import RunRecord
from tests.support.small_dataset import (
    at_step,
    bars,
    losses_by_step,
    report_every_batch,
    run_until,
    save_every_batch,
    small_dataset,
    start,
)


def only(events: list[Event], kind: type[Any]) -> Any:
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def kinds(events: list[Event]) -> list[type[Event]]:
    quiet = (happened.Batches, happened.EvaluationAdvanced)
    return [type(event) for event in events if not isinstance(event, quiet)]


def test_a_run_tells_everything_in_order(tmp_path: Path) -> None:
    dataset = small_dataset()
    events = list(start(tmp_path, dataset).run())
    epoch = [
        happened.PhaseStarted,
        happened.Evaluated,
        happened.EpochEnded,
        happened.CheckpointSaved,
        happened.CheckpointSaved,
    ]
    assert kinds(events) == [happened.RunStarted, *epoch, *epoch, happened.RunEnded]
    assert list(losses_by_step(events)) == list(range(1, 41))
    started = events[0]
    assert isinstance(started, happened.RunStarted)
    assert (started.parameters, started.train_images, started.validation_images) == (1_138, 624, 0)
    assert (started.test_images, started.steps_per_epoch, started.threads) == (200, 20, 1)
    assert (started.data, started.fingerprint) == ("bars", dataset.fingerprint)
    assert started.resumed_at_step is None
    assert {"torch", "python", "emnist_tui"} <= started.versions.keys()


def test_every_event_can_be_written_and_read_back(tmp_path: Path) -> None:
    record = RunRecord()
    for event in start(tmp_path, small_dataset()).run():
        read = happened.parse_event(event.to_line())
        assert type(read) is type(event)
        assert read is not None
        record.apply(read)
    assert (record.step, record.epoch, len(record.evaluations)) == (40, 2, 2)
    assert record.ended is not None


def test_it_is_the_training_that_a_short_script_does(tmp_path: Path) -> None:
    dataset = small_dataset()
    trainer = start(tmp_path, dataset, TrainConfig(epochs=1, seed=5))
    told = losses_by_step(trainer.run())

    torch.manual_seed(5)
    model = Baseline()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    losses = []
    for indices in torch.split(epoch_order(624, seed=5, epoch=1), 32):
        loss = cross_entropy(model(dataset.train.images[indices].unsqueeze(1) / 255), dataset.train.labels[indices])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())

    assert list(told.values()) == pytest.approx(losses, rel=1e-4)
    for key, weight in load_checkpoint(tmp_path / "last.pt").state_dict.items():
        torch.testing.assert_close(weight, model.state_dict()[key], rtol=1e-4, atol=1e-5)


def test_the_network_learns(tmp_path: Path) -> None:
    ended = only(list(start(tmp_path, small_dataset(), TrainConfig(epochs=8)).run()), happened.RunEnded)
    assert ended.test_accuracy > 0.9
    assert ended.train_accuracy > 0.7
    assert ended.reason == "finished"
    assert ended.images_per_second == pytest.approx(8 * 624 / ended.seconds)


def test_an_epoch_is_a_permutation_of_its_own() -> None:
    first, second = epoch_order(1000, 3, 1), epoch_order(1000, 3, 2)
    assert first.sort().values.tolist() == list(range(1000))
    assert not torch.equal(first, second)
    assert not torch.equal(first, epoch_order(1000, 4, 1))
    assert torch.equal(first, epoch_order(1000, 3, 1))
    assert len(epoch_order(10, 2**63 - 1, 10_000)) == 10


def test_the_epoch_ends_with_the_mean_over_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run())
    batches = [event for event in events if isinstance(event, happened.Batches)]
    sizes = [32] * 19 + [16]
    ended = only(events, happened.EpochEnded)
    assert ended.train_loss == pytest.approx(
        sum(event.loss[0] * size for event, size in zip(batches, sizes, strict=True)) / 624
    )
    assert ended.train_accuracy == pytest.approx(
        sum(event.accuracy[0] * size for event, size in zip(batches, sizes, strict=True)) / 624
    )
    assert ended.step == 20


def test_an_evaluation_is_in_its_file(tmp_path: Path) -> None:
    dataset = small_dataset()
    evaluated = only(list(start(tmp_path, dataset, TrainConfig(epochs=1)).run()), happened.Evaluated)
    evaluation = Evaluation.load(tmp_path / evaluated.file)
    assert evaluated.file == "evaluation-epoch-001.npz"
    assert (evaluation.data, evaluation.split, evaluation.images) == ("bars", "test", 200)
    assert (evaluation.loss, evaluation.accuracy) == (evaluated.loss, evaluated.accuracy)
    checkpoint = load_checkpoint(tmp_path / "epoch-001.pt")
    assert checkpoint.training is not None
    assert checkpoint.training.metrics["test_accuracy"] == evaluated.accuracy


def test_the_best_epoch_on_validation_is_tested_once_at_the_end(tmp_path: Path) -> None:
    dataset = small_dataset()
    config = TrainConfig(epochs=4, validation=100, learning_rate=0.03)
    events = list(start(tmp_path, dataset, config).run())
    evaluated = [event for event in events if isinstance(event, happened.Evaluated)]
    assert [event.split for event in evaluated] == ["validation"] * 4 + ["test"]
    assert evaluated[0].file == "evaluation-validation-epoch-001.npz"
    best = max(evaluated[:4], key=lambda event: (event.accuracy, -event.epoch))
    assert (evaluated[4].epoch, evaluated[4].step) == (best.epoch, best.step)
    model = Baseline()
    model.load_state_dict(load_checkpoint(tmp_path / "best.pt").state_dict)
    prediction = Predictor(model, dataset.test, torch.device("cpu"))
    list(prediction)
    assert prediction.evaluation("bars", "test").accuracy == evaluated[4].accuracy
    assert only(events, happened.RunEnded).test_accuracy == evaluated[4].accuracy
    started = only(events, happened.RunStarted)
    assert (started.train_images, started.validation_images) == (524, 100)
    train, _ = hold_out(dataset.train, 100, config.seed)
    assert len(train) == 524


def test_holding_out_everything_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        start(tmp_path, small_dataset(), TrainConfig(validation=624))


def test_without_a_validation_split_there_is_no_best(tmp_path: Path) -> None:
    list(start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run())
    assert not (tmp_path / "best.pt").exists()


class Exploding(Baseline):
    """Answers with NaN after so many batches that it is trained on."""

    SOUND = 25

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.calls += self.training
        logits = super().forward(images)
        return logits * torch.nan if self.calls > self.SOUND else logits


@pytest.mark.parametrize("every_batch", [True, False], ids=["reported at once", "reported later"])
def test_a_loss_that_is_no_number_stops_the_run_before_its_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_batch: bool
) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    with monkeypatch.context() as patch:
        report_every_batch(patch)
        patch.setattr(Exploding, "SOUND", 26)
        patch.setitem(registry.MODELS, "baseline", Exploding)
        sound = start(reference, small_dataset())
        healthy = losses_by_step(run_until(sound, at_step(25), sound.request_stop))
    if every_batch:
        report_every_batch(monkeypatch)
    monkeypatch.setitem(registry.MODELS, "baseline", Exploding)
    trainer = start(tmp_path, small_dataset())
    events = list(trainer.run())

    assert losses_by_step(events) == healthy
    failed = events[-1]
    assert isinstance(failed, happened.RunFailed)
    assert "after step 25" in failed.error
    assert "--learning-rate below 0.01" in failed.hint
    for key, weight in load_checkpoint(reference / "last.pt").state_dict.items():
        assert torch.equal(weight, trainer._model.state_dict()[key])
    kept = load_checkpoint(tmp_path / "last.pt").training
    assert kept is not None
    assert kept.progress.step == 20


def test_weights_that_are_no_numbers_stop_the_run_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))

    def spoil() -> None:
        with torch.no_grad():
            next(trainer._model.parameters()).fill_(torch.inf)

    events = run_until(trainer, at_step(20), spoil)
    assert isinstance(events[-1], happened.RunFailed)
    assert not list(tmp_path.glob("*.pt"))


def test_a_network_stuck_at_chance_is_told_once(tmp_path: Path) -> None:
    blank = small_dataset()
    blank.train.images.zero_()
    events = list(start(tmp_path, blank, TrainConfig(epochs=30, seed=4)).run())
    stuck = only(events, happened.StuckAtChance)
    assert 300 <= stuck.step <= 340
    assert stuck.loss == pytest.approx(2.3026, abs=0.05)
    assert stuck.seed == 4


def test_a_network_that_learns_is_never_told_stuck(tmp_path: Path) -> None:
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=30)).run())
    assert happened.StuckAtChance not in kinds(events)


def test_pausing_saves_and_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    events: list[Event] = []
    for event in trainer.run():
        events.append(event)
        if at_step(5)(event):
            ask_for(trainer.folder.control, Desired.PAUSE)
        if isinstance(event, happened.CheckpointSaved) and event.step == 5:
            assert load_checkpoint(tmp_path / "last.pt").training is not None
            timer = threading.Timer(0.2, ask_for, (trainer.folder.control, Desired.RUN))
            timer.start()
    paused = kinds(events).index(happened.Paused)
    assert kinds(events)[paused : paused + 3] == [happened.Paused, happened.CheckpointSaved, happened.Resumed]
    assert only(events, happened.Resumed).time - only(events, happened.Paused).time > 0.15
    ended = only(events, happened.RunEnded)
    assert ended.step == 20
    spent = events[-1].time - events[0].time
    assert ended.seconds < spent - 0.15  # a pause is not time spent training


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


def test_each_request_to_save_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    for event in trainer.run():
        if at_step(7)(event) or at_step(13)(event):
            ask_for_save(trainer.folder.control)
    assert sorted(path.name for path in tmp_path.glob("step-*.pt")) == ["step-000007.pt", "step-000013.pt"]
    checkpoint = load_checkpoint(tmp_path / "step-000013.pt")
    assert checkpoint.training is not None
    assert (checkpoint.training.progress.step, checkpoint.training.progress.batch) == (13, 13)


def test_stopping_saves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_checkpoint_that_cannot_be_written_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    save_every_batch(monkeypatch)
    monkeypatch.setattr(checkpointer, "_RETRY_AFTER", 0.0)
    failures = iter(range(3))

    def fail_three_times(*given: Any) -> None:
        full_disk() if next(failures, None) is not None else save_checkpoint(*given)

    monkeypatch.setattr(checkpointer, "save_checkpoint", fail_three_times)
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run())
    assert kinds(events)[1:5] == [happened.CheckpointFailed] * 3 + [happened.CheckpointSaved]
    failed = next(event for event in events if isinstance(event, happened.CheckpointFailed))
    assert "last.pt cannot be written (No space left on device)" in failed.error
    assert isinstance(events[-1], happened.RunEnded)
    assert len(losses_by_step(events)) == 20


def test_a_file_that_could_not_be_written_holds_its_own_step_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report_every_batch(monkeypatch)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    weights: dict[str, torch.Tensor] = {}
    for event in trainer.run():
        if at_step(7)(event):
            weights = {key: weight.clone() for key, weight in trainer._model.state_dict().items()}
            ask_for_save(trainer.folder.control)
            monkeypatch.setattr(checkpointer, "save_checkpoint", full_disk)
        if isinstance(event, happened.CheckpointFailed):
            monkeypatch.undo()
    checkpoint = load_checkpoint(tmp_path / "step-000007.pt")
    assert checkpoint.training is not None
    assert checkpoint.training.progress.step == 7
    assert all(torch.equal(weight, weights[key]) for key, weight in checkpoint.state_dict.items())


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_last_checkpoint_that_cannot_be_written_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_stopped: bool
) -> None:
    monkeypatch.setattr(checkpointer, "save_checkpoint", full_disk)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    if is_stopped:
        trainer.request_stop()
    events = list(trainer.run())
    failed: happened.RunFailed = only(events, happened.RunFailed)
    assert failed == events[-1]
    assert "No space left on device" in failed.error
    assert happened.RunEnded not in kinds(events)


def test_an_evaluation_that_cannot_be_written_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Evaluation, "save", full_disk)
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run())
    failed: happened.RunFailed = only(events, happened.RunFailed)
    assert failed == events[-1]
    assert "No space left on device" in failed.error
    assert "--resume" in failed.hint


def test_a_fault_of_the_program_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Faulty(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("out of memory")

    monkeypatch.setitem(registry.MODELS, "baseline", Faulty)
    with pytest.raises(RuntimeError, match="out of memory"):
        list(start(tmp_path, small_dataset()).run())


def test_an_unknown_model_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model"):
        start(tmp_path, small_dataset(), TrainConfig(model="resnet"))


def test_a_batch_may_hold_the_whole_split(tmp_path: Path) -> None:
    dataset = Dataset("bars", bars(20, 0), bars(10, 1), "0" * 16)
    events = list(Trainer(TrainConfig(epochs=1, batch_size=64), start(tmp_path, dataset).folder, dataset).run())
    assert only(events, happened.RunStarted).steps_per_epoch == 1
    assert only(events, happened.RunEnded).step == 1
