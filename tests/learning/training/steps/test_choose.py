import pytest
import torch
from torch import nn

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.autograd import AutogradStep
from emnist_tui.learning.training.steps.choose import choose_step
from emnist_tui.learning.training.steps.cpu_batch_innermost.step import BatchInnermostStep
from emnist_tui.runs.config import TrainConfig
from tests.support.small_dataset import bars


@pytest.mark.parametrize(
    ("model", "device", "config", "expected"),
    [
        (Baseline(), "cpu", TrainConfig(optimizer="sgd", clip_norm=1.0, ema=0.9), BatchInnermostStep),
        (Baseline(), "cuda", TrainConfig(), AutogradStep),
        (Baseline(), "cpu", TrainConfig(augmentation=0.1), AutogradStep),
        (Baseline(), "cpu", TrainConfig(label_smoothing=0.1), AutogradStep),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), "cpu", TrainConfig(), AutogradStep),
    ],
    ids=["supported network", "other device", "distorted images", "smoothed labels", "other network"],
)
def test_the_batch_innermost_step_is_chosen_on_the_cpu_where_it_is_supported(
    model: nn.Module, device: str, config: TrainConfig, expected: type
) -> None:
    step = choose_step(model, FlatParameters(model), bars(10, seed=0), torch.device(device), config)
    assert type(step) is expected
