import pytest
import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.registry import build_model, count_parameters
from emnist_tui.runs.errors import UsageError


def test_the_baseline_is_the_documented_recipe() -> None:
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


def test_the_baseline_has_1138_parameters() -> None:
    assert count_parameters(Baseline()) == 1_138


def test_frozen_parameters_are_not_counted() -> None:
    model = Baseline()
    model.layers[0].requires_grad_(False)
    assert count_parameters(model) == 1_138 - 52


def test_it_answers_logits() -> None:
    logits = build_model("baseline")(torch.rand(7, 1, 28, 28))
    assert logits.shape == (7, 10)
    assert logits.dtype == torch.float32
    assert not torch.allclose(logits.sum(dim=1), torch.ones(7))


def test_an_unknown_model_is_wrong_use() -> None:
    with pytest.raises(UsageError, match=r"no model 'resnet'.*baseline"):
        build_model("resnet")
