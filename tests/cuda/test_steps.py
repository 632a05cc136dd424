"""Steps on a device, one by one: those of autograd, also after a changed rate and in a smaller last batch."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from emnist_tui.learning.checkpoint.format import Progress
from emnist_tui.learning.data.dataset import Dataset
from emnist_tui.learning.models.device import choose_device
from emnist_tui.learning.training.learner import Learner
from emnist_tui.runs.config import TrainConfig
from tests.support.small_dataset import small_dataset
from tests.support.ways import Way, eager, graph, take_by

RECIPES: dict[str, dict[str, object]] = {
    "documented": {},
    "SGD with decay and clipping": {"optimizer": "sgd", "weight_decay": 0.01, "clip_norm": 0.5},
    "averaged and smoothed": {"ema": 0.9, "label_smoothing": 0.1, "augmentation": 0.5},
    "compact": {"model": "compact", "batch_size": 32},
    "accurate": {"model": "accurate", "batch_size": 32},
}
STEPS = 20
Take = Callable[..., tuple[list[float], torch.Tensor]]


@pytest.fixture
def take(device: str, monkeypatch: pytest.MonkeyPatch) -> Take:
    """Return a function that takes an epoch's steps, and returns their losses and the weights."""

    def run(
        way: Way | None, config: TrainConfig, dataset: Dataset, rate_at: int | None = None, most: int = 1000
    ) -> tuple[list[float], torch.Tensor]:
        with monkeypatch.context() as patch:
            if way:
                take_by(way, patch)
            place = choose_device(device)  # which makes cuDNN deterministic
            learner = Learner(config, dataset.train.to(place), place)
        learner.begin(config, Progress(), STEPS)
        losses: list[float] = []
        for until in (rate_at or 0, len(losses) + learner.left):
            taken = len(losses)
            while taken < until:
                taken += learner.take(min(most, until - taken))
            if results := learner.read():
                assert not results.diverged
                losses += results.loss
            if until == rate_at:
                learner.change_rate(replace(config, learning_rate=config.learning_rate / 10), rate_at, STEPS)
        assert not learner.left
        return losses, learner.model.state_dict()["layers.0.weight"].cpu().clone()

    return run


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("last", [16, 1], ids=["last batch of 16", "last batch of one"])
def test_a_graph_takes_the_steps_of_autograd(take: Take, device: str, recipe: str, last: int) -> None:
    steps = STEPS if device == "cuda" else 3
    config, dataset = TrainConfig.of(**RECIPES[recipe]), small_dataset(train=32 * (steps - 1) + last, test=20)
    losses, weights = take(eager, config, dataset)
    captured, captured_weights = take(graph, config, dataset)
    assert len(losses) == steps
    check_close(captured, losses, first=1e-5, later=1e-4)
    assert captured_weights.numpy() == pytest.approx(weights.numpy(), rel=1e-2, abs=1e-3)


@pytest.mark.parametrize("way", [None, graph], ids=["chosen way", "graph"])
def test_a_changed_rate_holds_from_its_step_on(take: Take, way: Way | None) -> None:
    config, dataset = TrainConfig(), small_dataset(test=20)
    unchanged, _ = take(way, config, dataset)
    expected, _ = take(eager, config, dataset, rate_at=7)
    losses, _ = take(way, config, dataset, rate_at=7)
    check_close(losses, expected, first=1e-5, later=1e-2)
    assert losses[:8] == unchanged[:8], "the rate changes after the loss of the eighth batch"
    assert losses[8:] != pytest.approx(unchanged[8:], rel=1e-2)


@pytest.mark.parametrize("batch_size", [1, 33, 128, 512])
def test_the_chosen_way_computes_the_losses_of_autograd(take: Take, batch_size: int) -> None:
    config, dataset = TrainConfig(batch_size=batch_size), small_dataset(train=1_000 if batch_size > 1 else 30, test=20)
    expected, _ = take(eager, config, dataset)
    losses, _ = take(None, config, dataset)
    check_close(losses, expected, first=1e-5, later=1e-2)


def test_chunks_of_any_size_take_the_same_steps(take: Take) -> None:
    dataset = small_dataset(test=20)
    together, weights = take(None, TrainConfig(), dataset)
    alone, others = take(None, TrainConfig(), dataset, most=1)
    assert together == alone
    assert torch.equal(weights, others)


def check_close(losses: list[float], expected: list[float], *, first: float, later: float) -> None:
    """Compare losses: a rounded bit grows with every step, as it does between any two orders of summation."""
    assert len(losses) == len(expected)
    assert losses[:4] == pytest.approx(expected[:4], rel=first, abs=1e-6)
    assert losses == pytest.approx(expected, rel=later, abs=1e-4)
