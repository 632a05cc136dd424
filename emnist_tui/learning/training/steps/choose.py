"""The choice of a training step for a network, recipe and device."""

import torch
from torch import nn

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.autograd import AutogradStep
from emnist_tui.learning.training.steps.cpu_batch_innermost.step import BatchInnermostStep
from emnist_tui.learning.training.steps.step import Step
from emnist_tui.runs.config import TrainConfig


def choose_step(
    model: nn.Module, parameters: FlatParameters, split: Split, device: torch.device, config: TrainConfig
) -> Step:
    """Return the fastest step for a network, recipe and device."""
    is_plain = not config.augmentation and not config.label_smoothing
    if is_plain and device.type == "cpu" and BatchInnermostStep.can_compute(model):
        return BatchInnermostStep(model, parameters, split)
    return AutogradStep(model, parameters, split, label_smoothing=config.label_smoothing)
