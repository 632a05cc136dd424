import importlib.util
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.compact import Compact
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.training.steps.cuda_fused.supported import LARGEST_BATCH, can_fuse, explain_unusable
from emnist_tui.runs.config import TrainConfig
from tests.support.small_dataset import bars


class Louder(Baseline):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return super().forward(images) * 2


def frozen() -> nn.Module:
    model = Baseline()
    next(model.parameters()).requires_grad_(False)
    return model


def chain(first: nn.Module, second: nn.Module, channels: int = 4) -> Chain:
    return Chain(
        *(nn.Conv2d(1, 2, 5), first, nn.MaxPool2d(2), nn.Conv2d(2, channels, 3), second, nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(25 * channels, 10)),
    )


def test_the_baseline_is_supported_under_every_schedule_and_name() -> None:
    assert can_fuse(Baseline(), TrainConfig())
    assert can_fuse(Baseline(), TrainConfig(schedule="one-cycle", learning_rate=0.02, batch_size=LARGEST_BATCH))
    assert can_fuse(chain(nn.ReLU(), nn.Sigmoid()), TrainConfig(model="/tmp/mine.py:Mine"))


@pytest.mark.parametrize(
    "network",
    [
        Louder,
        frozen,
        Compact,
        nn.Flatten,
        lambda: chain(nn.ReLU(), nn.ReLU()),
        lambda: chain(nn.Sigmoid(), nn.ReLU()),
        lambda: chain(nn.ReLU(), nn.Sigmoid(), channels=5),
        lambda: Baseline().double(),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(288, 10)),
    ],
)
def test_other_networks_are_not_supported(network: Callable[[], nn.Module]) -> None:
    assert not can_fuse(network(), TrainConfig())


@pytest.mark.parametrize(
    "config",
    [
        TrainConfig(optimizer="adamw"),
        TrainConfig(optimizer="sgd"),
        TrainConfig(weight_decay=0.1),
        TrainConfig(label_smoothing=0.1),
        TrainConfig(augmentation=0.5),
        TrainConfig(ema=0.9),
        TrainConfig(clip_norm=1.0),
        TrainConfig(batch_size=LARGEST_BATCH + 1),
    ],
)
def test_other_recipes_are_not_supported(config: TrainConfig) -> None:
    assert not can_fuse(Baseline(), config)


def test_a_missing_triton_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    package, own = explain_unusable.__module__.rpartition(".")[0], explain_unusable.__module__
    for name in list(sys.modules):
        if name.startswith(f"{package}.") and name != own:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "triton", None)
    sentence = explain_unusable(bars(20, seed=0), 32)
    assert sentence is not None
    assert sentence.startswith("Triton cannot be imported (")


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_a_machine_without_a_card_is_explained() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a card")
    sentence = explain_unusable(bars(20, seed=0), 32)
    assert sentence is not None
    assert sentence.startswith("Triton cannot run the fused kernels (")
