"""Evaluations during training."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.epoch_evaluation import EpochEvaluation
from emnist_tui.learning.training.run_data import split_dataset
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.events import Evaluated, Event, PhaseStarted
from tests.support.small_dataset import of_kind, only, small_dataset

CPU = torch.device("cpu")


def evaluating(name: str) -> EpochEvaluation:
    data = split_dataset(small_dataset(), TrainConfig(), CPU)
    return EpochEvaluation(Baseline(), name, data.test, Progress(epoch=4, step=80), data)


def nothing() -> Iterator[Event]:
    return iter(())


@pytest.mark.parametrize(
    ("name", "file"),
    [("test", "evaluation-epoch-004.npz"), ("validation", "evaluation-validation-epoch-004.npz")],
)
def test_predictions_are_stored_and_reported(tmp_path: Path, name: str, file: str) -> None:
    events = list(evaluating(name).run(CPU, tmp_path, nothing))
    evaluated = only(events, Evaluated)
    assert (evaluated.split, evaluated.epoch, evaluated.step, evaluated.file) == (name, 4, 80, file)
    stored = Evaluation.load(tmp_path / file)
    assert (stored.images, stored.accuracy) == (evaluated.images, evaluated.accuracy)
    assert events[0] == only(events, PhaseStarted)


def test_requests_are_obeyed_between_batches(tmp_path: Path) -> None:
    def stop() -> Iterator[Event]:
        raise InterruptedError
        yield

    events: list[Event] = []
    with pytest.raises(InterruptedError):
        events += evaluating("test").run(CPU, tmp_path, stop)
    assert not of_kind(events, Evaluated)
    assert not list(tmp_path.iterdir())
