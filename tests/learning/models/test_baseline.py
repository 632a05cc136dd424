import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.registry import count_parameters


def test_baseline_is_the_documented_recipe() -> None:
    kinds = [type(layer) for layer in Baseline().layers]
    assert kinds == [
        nn.Conv2d,
        nn.ReLU,
        nn.MaxPool2d,
        nn.Conv2d,
        nn.Sigmoid,
        nn.MaxPool2d,
        nn.Flatten,
        nn.Linear,
    ]
    shapes = [tuple(weight.shape) for weight in Baseline().parameters()]
    assert shapes == [(2, 1, 5, 5), (2,), (4, 2, 3, 3), (4,), (10, 100), (10,)]


def test_baseline_has_1138_parameters() -> None:
    assert count_parameters(Baseline()) == 1_138


def test_baseline_returns_logits() -> None:
    logits = Baseline()(torch.rand(7, 1, 28, 28))
    assert logits.shape == (7, 10)
    assert logits.dtype == torch.float32
    assert not torch.allclose(logits.sum(dim=1), torch.ones(7))
