"""A network in training."""

from pathlib import Path

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Progress, load_checkpoint
from emnist_tui.learning.training.learner import Learner
from emnist_tui.runs.config import TrainConfig
from tests.support.small_dataset import bars, small_dataset, start

CPU = torch.device("cpu")
SPLIT = bars(97, seed=0)
RECIPE = TrainConfig.of(model="compact", epochs=1, batch_size=32)


def learned(config: TrainConfig, images: int = 97) -> Learner:
    """Train for one epoch."""
    learner = Learner(config, SPLIT[torch.arange(images)], CPU)
    learner.model.train()
    learner.begin(config, Progress(), 4)
    while learner.left:
        assert learner.take(100) == 1
    return learner


def test_a_last_batch_of_one_image_is_trained() -> None:
    learner = learned(RECIPE)
    assert learner.model.training
    results = learner.read()
    assert results is not None
    assert results.images == [32, 32, 32, 1]
    assert not results.diverged


def test_a_batch_size_of_one_is_trained() -> None:
    results = learned(TrainConfig.of(model="compact", batch_size=1), images=10).read()
    assert results is not None
    assert results.images == [1] * 10
    assert not results.diverged


def test_the_average_is_evaluated_and_the_last_weights_are_kept() -> None:
    learner = learned(RECIPE)
    weights, trained, _ = learner.state()
    assert trained is not None
    assert learner.evaluated is not learner.model
    assert not torch.equal(weights["layers.0.weight"], trained["layers.0.weight"])
    assert learner.state()[0]["layers.0.weight"].is_contiguous()


def test_without_an_average_there_is_one_set_of_weights() -> None:
    learner = learned(TrainConfig())
    assert learner.evaluated is learner.model
    assert learner.state()[1] is None


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_checkpoints_hold_the_weights_that_are_evaluated(tmp_path: Path, ema: float) -> None:
    trainer = start(tmp_path, small_dataset(), TrainConfig.of(model="compact", epochs=1, ema=ema))
    list(trainer.run())
    checkpoint = load_checkpoint(tmp_path / "last.pt")
    evaluated = trainer._learner.evaluated.state_dict()
    assert all(torch.equal(weight, evaluated[name]) for name, weight in checkpoint.state_dict.items())
    assert checkpoint.training is not None
    assert (checkpoint.training.trained_weights is not None) == bool(ema)
