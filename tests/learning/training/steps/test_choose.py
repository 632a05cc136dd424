import importlib.util

import pytest
import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatParameters, make_optimizer
from emnist_tui.learning.training.steps import choose
from emnist_tui.learning.training.steps.choose import choose_stepper
from emnist_tui.learning.training.steps.device_stepper import NotCapturableError
from emnist_tui.learning.training.steps.stepper import Trainee
from emnist_tui.runs.config import TrainConfig
from tests.support.small_dataset import bars

SPLIT = bars(10, seed=0)


def trainee_of(model: nn.Module, config: TrainConfig) -> Trainee:
    parameters = FlatParameters(model)
    return Trainee(model, parameters, make_optimizer(parameters, config), None)


def unexpected(sentence: str) -> None:
    pytest.fail(sentence)


@pytest.mark.parametrize(
    ("model", "device", "config", "expected"),
    [
        (Baseline(), "cpu", TrainConfig(optimizer="sgd", clip_norm=1.0, ema=0.9), "batch innermost"),
        (Baseline(), "mps", TrainConfig(), "autograd"),
        (Baseline(), "cpu", TrainConfig(augmentation=0.1), "autograd"),
        (Baseline(), "cpu", TrainConfig(label_smoothing=0.1), "autograd"),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), "cpu", TrainConfig(), "autograd"),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), "cuda", TrainConfig(), "CUDA graph"),
    ],
    ids=["supported network", "other device", "distorted images", "smoothed labels", "other network", "CUDA"],
)
def test_the_fastest_way_is_chosen(model: nn.Module, device: str, config: TrainConfig, expected: str) -> None:
    phases: list[str] = []
    stepper = choose_stepper(trainee_of(model, config), SPLIT, config, torch.device(device), phases.append, unexpected)
    assert stepper.name == expected


def test_a_network_that_cannot_be_captured_is_trained_by_autograd(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise NotCapturableError("it waits for a result")

    monkeypatch.setattr(choose, "GraphStepper", refuse)
    config, notices = TrainConfig(), list[str]()
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    stepper = choose_stepper(trainee_of(model, config), SPLIT, config, torch.device("cuda"), print, notices.append)
    assert stepper.name == "autograd"
    assert notices == ["This network is trained without a CUDA graph, which is slower: it waits for a result."]


def test_kernels_that_do_not_work_are_replaced_by_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "explain_unusable", lambda *_: "Triton cannot be imported (no module).")
    config, phases, notices = TrainConfig(), list[str](), list[str]()
    trainee = trainee_of(Baseline(), config)
    stepper = choose_stepper(trainee, SPLIT, config, torch.device("cuda"), phases.append, notices.append)
    assert stepper.name == "CUDA graph"
    assert phases == ["compiling kernels"]
    assert notices == ["Triton cannot be imported (no module). Steps are taken by a CUDA graph, which is slower."]


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_working_kernels_train_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "explain_unusable", lambda *_: None)
    config = TrainConfig()
    trainee = trainee_of(Baseline(), config)
    stepper = choose_stepper(trainee, SPLIT, config, torch.device("cuda"), print, unexpected)
    assert stepper.name == "fused kernels"


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")
def test_kernels_that_cannot_be_captured_are_replaced_by_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    from emnist_tui.learning.training.steps.cuda_fused import stepper as fused

    def refuse(*_: object) -> None:
        raise NotCapturableError("operation not permitted")

    monkeypatch.setattr(choose, "explain_unusable", lambda *_: None)
    monkeypatch.setattr(fused, "FusedStepper", refuse)
    config, notices = TrainConfig(), list[str]()
    trainee = trainee_of(Baseline(), config)
    stepper = choose_stepper(trainee, SPLIT, config, torch.device("cuda"), print, notices.append)
    assert stepper.name == "CUDA graph"
    assert notices == [
        "The fused kernels cannot be captured (operation not permitted). "
        "Steps are taken by a CUDA graph, which is slower."
    ]
