"""Evaluations of checkpoints that need no training."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Checkpoint, Progress, TrainingState, save_checkpoint
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.data.digits import SYNTHETIC_NAME
from emnist_tui.learning.inference.evaluate import (
    describe_checkpoint,
    evaluate_checkpoint,
    evaluate_checkpoints,
)
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.events import CheckpointLoaded, Evaluated, EvaluationAdvanced, Event, PhaseStarted


def checkpoint(path: Path, **changes: object) -> Path:
    """Save a checkpoint of a run with the baseline's initial weights."""
    training = TrainingState(
        progress=Progress(epoch=2, step=40, evaluated=True),
        optimizer={},
        random={"cpu": torch.get_rng_state()},
        config=TrainConfig(data="auto", epochs=5, seed=3),
        data=SYNTHETIC_NAME,
        fingerprint="0123456789abcdef",
        metrics={"test_accuracy": 0.9725},
    )
    model = Baseline()
    save_checkpoint(path, Checkpoint("baseline", model.state_dict(), replace(training, **changes)))  # type: ignore[arg-type]
    return path


def test_an_evaluation_is_reported_saved_and_returned(tmp_path: Path, small_archive: Path) -> None:
    path = checkpoint(tmp_path / "mine.pt")
    events: list[Event] = []
    evaluation = evaluate_checkpoint(
        path, data=str(small_archive), device="cpu", output=tmp_path, on_event=events.append
    )
    phases = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert phases == [f"reading {small_archive}", "evaluating"]
    rest = [event for event in events if not isinstance(event, PhaseStarted)]
    assert [type(event) for event in rest] == [CheckpointLoaded, EvaluationAdvanced, Evaluated]
    loaded, _, evaluated = rest
    assert isinstance(loaded, CheckpointLoaded)
    assert (loaded.file, loaded.model, loaded.parameters, loaded.epoch, loaded.step) == (
        "mine.pt",
        "baseline",
        1_138,
        2,
        40,
    )
    assert isinstance(evaluated, Evaluated)
    assert (evaluated.epoch, evaluated.step, evaluated.images) == (2, 40, 20)
    assert (evaluated.loss, evaluated.accuracy) == (evaluation.loss, evaluation.accuracy)
    assert Evaluation.load(tmp_path / evaluated.file).accuracy == evaluation.accuracy


def test_an_evaluation_within_an_epoch_is_not_called_one_after_it(tmp_path: Path, small_archive: Path) -> None:
    path = checkpoint(tmp_path / "mine.pt", progress=Progress(epoch=2, batch=9, step=40))
    events: list[Event] = []
    evaluate_checkpoint(path, data=str(small_archive), device="cpu", output=None, on_event=events.append)
    (evaluated,) = (event for event in events if isinstance(event, Evaluated))
    assert (evaluated.epoch, evaluated.step) == (0, 40)


def test_several_checkpoints_are_evaluated_on_one_split(tmp_path: Path, small_archive: Path) -> None:
    paths = [checkpoint(tmp_path / "one.pt"), checkpoint(tmp_path / "two.pt")]
    first, second = evaluate_checkpoints(paths, data=str(small_archive), device="cpu", on_event=lambda _: None)
    dataset = load_dataset(str(small_archive))
    assert first.fingerprint == second.fingerprint == dataset.fingerprint
    assert first.true.tolist() == dataset.test.labels.tolist()
    assert not (first.logits == second.logits).all()


@pytest.mark.parametrize("is_named", [False, True])
def test_other_data_than_that_of_the_training_is_warned_of_unless_named(
    tmp_path: Path, small_archive: Path, is_named: bool
) -> None:
    path = checkpoint(tmp_path / "mine.pt", config=TrainConfig(data=str(small_archive)))
    events: list[Event] = []
    data = str(small_archive) if is_named else None
    evaluate_checkpoint(path, data=data, device="cpu", output=None, on_event=events.append)
    (loaded,) = (event for event in events if isinstance(event, CheckpointLoaded))
    assert (loaded.warning is None) == is_named
    assert is_named or "mine.pt was trained on other digits" in str(loaded.warning)


def test_a_checkpoint_is_described_for_the_list(tmp_path: Path) -> None:
    entry = describe_checkpoint(checkpoint(tmp_path / "mine.pt"))
    assert (entry.name, entry.model, entry.data, entry.problem) == ("mine.pt", "baseline", SYNTHETIC_NAME, None)
    assert (entry.epoch, entry.epochs, entry.step, entry.seed, entry.test_accuracy) == (2, 5, 40, 3, 0.9725)


def test_a_foreign_or_damaged_checkpoint_is_described_as_far_as_known(tmp_path: Path) -> None:
    torch.save(Baseline().state_dict(), tmp_path / "foreign.pt")
    foreign = describe_checkpoint(tmp_path / "foreign.pt")
    assert (foreign.model, foreign.epoch, foreign.test_accuracy, foreign.problem) == ("baseline", None, None, None)
    (tmp_path / "damaged.pt").write_bytes(b"PK\3\4")
    damaged = describe_checkpoint(tmp_path / "damaged.pt")
    assert damaged.model is None
    assert damaged.problem is not None
    assert "is damaged" in damaged.problem


def test_a_damaged_checkpoint_is_not_evaluated(tmp_path: Path) -> None:
    (tmp_path / "damaged.pt").write_bytes(b"PK\3\4")
    with pytest.raises(EmnistTuiError, match="is damaged"):
        evaluate_checkpoint(tmp_path / "damaged.pt", data=None, device="cpu", output=None, on_event=lambda _: None)
