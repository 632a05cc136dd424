"""The choice of a training step for a network and device."""

import torch
from torch import nn

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.autograd import AutogradStep
from emnist_tui.learning.training.steps.cpu_batch_innermost.step import BatchInnermostStep
from emnist_tui.learning.training.steps.step import Step


def choose_step(model: nn.Module, parameters: FlatParameters, split: Split, device: torch.device) -> Step:
    """Return the fastest step that can train `model` on `device`."""
    if device.type == "cpu" and BatchInnermostStep.can_compute(model):
        return BatchInnermostStep(model, parameters, split)
    return AutogradStep(model, parameters, split)
