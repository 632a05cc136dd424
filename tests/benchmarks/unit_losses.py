"""Seeds that lose filters, and the share of training that finding them takes."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.models.registry import build_model
from emnist_tui.learning.training.learner import Learner
from emnist_tui.learning.training.unit_watch import UnitWatch
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.folder import RunFolder
from tests.benchmarks import inside

_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Outcome:
    """A network after some steps of one seed."""

    accuracy: float
    dead: list[int]
    """Dead filters of the first layer."""
    saturated: list[int]
    """Saturated filters of the second."""

    @property
    def is_stuck(self) -> bool:
        return len(self.dead) == 2


def outcome(dataset: Dataset, config: TrainConfig, steps: int) -> Outcome:
    """Train for some steps as the trainer does, and evaluate on the test split."""
    learner = Learner(config, dataset.train, _CPU)
    learner.model.train()
    at = Progress(epoch=0)
    while at.step < steps:
        at.epoch += 1
        learner.begin(config, at, steps)
        while learner.left and at.step < steps:
            at.step += learner.take(1)
    predictor = Predictor(learner.evaluated, dataset.test, _CPU)
    for _ in predictor:
        pass
    first, second = predictor.unit_health()
    return Outcome(predictor.evaluation(dataset.name, "test").accuracy, first.units, second.units)


def watched_share(dataset: Dataset) -> tuple[float, float, float]:
    """Return the share of the baseline's training that its watch takes, and the seconds of an examination and a step.

    On the CPU, with batches of 32 and one thread.
    """
    config = TrainConfig()
    watch = UnitWatch(config, dataset.test, _CPU, RunFolder(Path("nowhere")), None)
    model = build_model("baseline")
    start = time.perf_counter()
    for _ in range(examinations := 5):
        list(watch.examine(model, Progress(epoch=1, step=1)))
    examination = (time.perf_counter() - start) / examinations
    step = inside.step(dataset.train, config.batch_size, 1, images=32 * 400)
    return examination / (step * watch.interval), examination, step
