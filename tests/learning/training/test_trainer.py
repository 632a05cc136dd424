"""Events and files of a run. Requests and resumption are tested in `test_trainer_requests` and `test_resume_exact`."""

import errno
import itertools
import os
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.dataset import Dataset, hold_out
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training import checkpointer
from emnist_tui.learning.training.optimizer import FlatAdam
from emnist_tui.learning.training.sampler import epoch_order
from emnist_tui.learning.training.trainer import Trainer
from emnist_tui.runs import events as happened
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.event_parser import parse_event
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.record import RunRecord
from tests.support.model_table import entry
from tests.support.small_dataset import (
    at_step,
    bars,
    kinds,
    losses_by_step,
    of_kind,
    only,
    report_every_batch,
    run_until,
    small_dataset,
    start,
)


def test_a_run_reports_its_events_in_order(tmp_path: Path) -> None:
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
        read = parse_event(event.to_line())
        assert type(read) is type(event)
        assert read is not None
        record.apply(read)
    assert (record.step, record.epoch, len(record.evaluations)) == (40, 2, 2)
    assert record.ended is not None


def test_training_matches_a_short_script(tmp_path: Path) -> None:
    dataset = small_dataset()
    trainer = start(tmp_path, dataset, TrainConfig(epochs=1, seed=5))
    reported = losses_by_step(trainer.run())

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

    assert list(reported.values()) == pytest.approx(losses, rel=1e-4)
    for key, weight in load_checkpoint(tmp_path / "last.pt").state_dict.items():
        torch.testing.assert_close(weight, model.state_dict()[key], rtol=1e-4, atol=1e-5)


def test_the_network_learns(tmp_path: Path) -> None:
    ended = only(list(start(tmp_path, small_dataset(), TrainConfig(epochs=8)).run()), happened.RunEnded)
    assert ended.test_accuracy is not None
    assert ended.test_accuracy > 0.9
    assert ended.train_accuracy is not None
    assert ended.train_accuracy > 0.7
    assert ended.reason == "finished"
    assert ended.images_per_second == pytest.approx(8 * 624 / ended.seconds)


def test_epoch_metrics_are_means_over_the_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run())
    batches = of_kind(events, happened.Batches)
    sizes = [32] * 19 + [16]
    ended = only(events, happened.EpochEnded)
    assert ended.train_loss == pytest.approx(
        sum(event.loss[0] * size for event, size in zip(batches, sizes, strict=True)) / 624
    )
    assert ended.train_accuracy == pytest.approx(
        sum(event.accuracy[0] * size for event, size in zip(batches, sizes, strict=True)) / 624
    )
    assert ended.step == 20


def test_an_evaluation_is_saved_in_its_file(tmp_path: Path) -> None:
    dataset = small_dataset()
    evaluated = only(list(start(tmp_path, dataset, TrainConfig(epochs=1)).run()), happened.Evaluated)
    evaluation = Evaluation.load(tmp_path / evaluated.file)
    assert evaluated.file == "evaluation-epoch-001.npz"
    assert (evaluation.data, evaluation.split, evaluation.images) == ("bars", "test", 200)
    assert (evaluation.loss, evaluation.accuracy) == (evaluated.loss, evaluated.accuracy)
    checkpoint = load_checkpoint(tmp_path / "epoch-001.pt")
    assert checkpoint.training is not None
    assert checkpoint.training.metrics["test_accuracy"] == evaluated.accuracy


def test_the_best_epoch_on_validation_is_evaluated_on_test_at_the_end(tmp_path: Path) -> None:
    dataset = small_dataset()
    config = TrainConfig(epochs=4, validation=100, learning_rate=0.03)
    events = list(start(tmp_path, dataset, config).run())
    evaluated = of_kind(events, happened.Evaluated)
    assert [event.split for event in evaluated] == ["validation"] * 4 + ["test"]
    assert evaluated[0].file == "evaluation-validation-epoch-001.npz"
    best = max(evaluated[:4], key=lambda event: (event.accuracy, -event.epoch))
    assert (evaluated[4].epoch, evaluated[4].step) == (best.epoch, best.step)
    model = Baseline()
    model.load_state_dict(load_checkpoint(tmp_path / "best.pt").state_dict)
    predictor = Predictor(model, dataset.test, torch.device("cpu"))
    list(predictor)
    assert predictor.evaluation("bars", "test").accuracy == evaluated[4].accuracy
    assert only(events, happened.RunEnded).test_accuracy == evaluated[4].accuracy
    started = only(events, happened.RunStarted)
    assert (started.train_images, started.validation_images) == (524, 100)
    train, _ = hold_out(dataset.train, 100, config.seed)
    assert len(train) == 524


def test_a_run_without_a_validation_split_saves_no_best_checkpoint(tmp_path: Path) -> None:
    list(start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run())
    assert not (tmp_path / "best.pt").exists()


class Exploding(Baseline):
    """A network whose outputs are NaN after `SOUND` training batches."""

    SOUND = 25

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.calls += self.training
        logits = super().forward(images)
        return logits * torch.nan if self.calls > self.SOUND else logits


@pytest.mark.parametrize("every_batch", [True, False], ids=["reported at once", "reported later"])
def test_a_non_finite_loss_fails_the_run_before_its_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_batch: bool
) -> None:
    reference = tmp_path / "reference"
    reference.mkdir()
    with monkeypatch.context() as patch:
        report_every_batch(patch)
        patch.setattr(Exploding, "SOUND", 26)
        patch.setitem(MODELS, "baseline", entry(Exploding))
        sound = start(reference, small_dataset())
        healthy = losses_by_step(run_until(sound, at_step(25), sound.request_stop))
    if every_batch:
        report_every_batch(monkeypatch)
    monkeypatch.setitem(MODELS, "baseline", entry(Exploding))
    trainer = start(tmp_path, small_dataset())
    events = list(trainer.run())

    assert losses_by_step(events) == healthy
    failed = events[-1]
    assert isinstance(failed, happened.RunFailed)
    assert "after step 25" in failed.error
    assert "--learning-rate below 0.01" in failed.hint
    for key, weight in load_checkpoint(reference / "last.pt").state_dict.items():
        assert torch.equal(weight, trainer._learner.model.state_dict()[key])
    kept = load_checkpoint(tmp_path / "last.pt").training
    assert kept is not None
    assert kept.progress.step == 20


def test_non_finite_weights_fail_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last step overflows, after whose loss no other follows."""
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    step, taken = FlatAdam.step, itertools.count(1)

    def overflow(optimizer: FlatAdam, learning_rate: float) -> None:
        step(optimizer, learning_rate)
        if next(taken) == 20:
            optimizer._parameters.values[0] = torch.inf

    monkeypatch.setattr(FlatAdam, "step", overflow)
    events = list(trainer.run())
    assert isinstance(events[-1], happened.RunFailed)
    assert not list(tmp_path.glob("*.pt"))


def test_a_network_stuck_at_chance_is_reported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_every_batch(monkeypatch)
    blank = small_dataset(train=3_200)
    blank.train.images.zero_()
    events = list(start(tmp_path, blank, TrainConfig(epochs=4, seed=4)).run())
    stuck = only(events, happened.StuckAtChance)
    assert stuck.step == 300
    assert stuck.loss == pytest.approx(2.3026, abs=0.05)
    assert stuck.seed == 4


def test_a_network_that_learns_is_not_reported_stuck(tmp_path: Path) -> None:
    events = list(start(tmp_path, small_dataset(train=3_200), TrainConfig(epochs=4)).run())
    assert only(events, happened.RunEnded).step == 400
    assert happened.StuckAtChance not in kinds(events)


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_last_checkpoint_that_cannot_be_written_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_stopped: bool
) -> None:
    monkeypatch.setattr(checkpointer, "save_checkpoint", full_disk)
    trainer = start(tmp_path, small_dataset(), TrainConfig(epochs=1))
    if is_stopped:
        trainer.request_stop()
    events = list(trainer.run())
    failed = only(events, happened.RunFailed)
    assert failed == events[-1]
    assert "No space left on device" in failed.error
    assert happened.RunEnded not in kinds(events)


def test_an_evaluation_that_cannot_be_written_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Evaluation, "save", full_disk)
    events = list(start(tmp_path, small_dataset(), TrainConfig(epochs=1)).run())
    failed = only(events, happened.RunFailed)
    assert failed == events[-1]
    assert "No space left on device" in failed.error
    assert "--resume" in failed.hint


class Faulty(nn.Module):
    """A network that cannot be computed."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("out of memory")


def test_an_unexpected_exception_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODELS, "baseline", entry(Faulty))
    with pytest.raises(RuntimeError, match="out of memory"):
        list(start(tmp_path, small_dataset()).run())


def test_an_unknown_model_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model"):
        start(tmp_path, small_dataset(), TrainConfig(model="resnet"))


def test_a_batch_may_be_larger_than_the_split(tmp_path: Path) -> None:
    dataset = Dataset("bars", bars(20, 0), bars(10, 1), "0" * 16)
    events = list(Trainer(TrainConfig(epochs=1, batch_size=64), start(tmp_path, dataset).folder, dataset).run())
    assert only(events, happened.RunStarted).steps_per_epoch == 1
    assert only(events, happened.RunEnded).step == 1
