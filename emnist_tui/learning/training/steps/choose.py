"""The choice of a way to take optimizer steps."""

from collections.abc import Callable

import torch

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.steps.autograd import AutogradStep
from emnist_tui.learning.training.steps.cpu_batch_innermost.step import BatchInnermostStep
from emnist_tui.learning.training.steps.cuda_graph import GraphStepper, NotCapturableError
from emnist_tui.learning.training.steps.eager import EagerStepper
from emnist_tui.learning.training.steps.stepper import Stepper, Trainee
from emnist_tui.runs.config import TrainConfig

Print = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


def choose_stepper(
    trainee: Trainee, split: Split, config: TrainConfig, device: torch.device, on_phase: Print, on_notice: Print
) -> Stepper:
    """Return the fastest way for a network, recipe and device.

    `on_phase` is called with descriptions of slow steps, `on_notice` with a sentence if a slower way has to do.
    """
    is_plain = not config.augmentation and not config.label_smoothing
    if is_plain and device.type == "cpu" and BatchInnermostStep.can_compute(trainee.model):
        step = BatchInnermostStep(trainee.model, trainee.parameters, split)
        return EagerStepper(step, trainee, config.batch_size)
    autograd = AutogradStep(trainee.model, trainee.parameters, split, label_smoothing=config.label_smoothing)
    if device.type == "cuda":
        try:
            return GraphStepper(trainee, autograd, split, config)
        except NotCapturableError as reason:
            on_notice(f"This network is trained without a CUDA graph, which is slower: {reason}.")
    return EagerStepper(autograd, trainee, config.batch_size)
