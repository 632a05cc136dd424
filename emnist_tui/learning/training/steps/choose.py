"""The choice of a way to take optimizer steps."""

from collections.abc import Callable

import torch

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.cpu_batch_innermost.batch_pass import BatchInnermostPass
from emnist_tui.learning.training.steps.cuda_fused.supported import can_fuse, explain_unusable
from emnist_tui.learning.training.steps.cuda_graph import GraphStepper
from emnist_tui.learning.training.steps.device_stepper import NotCapturableError
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
    is_fusible = device.type == "cuda" and can_fuse(trainee.model, config)
    if is_fusible and (fused := _fused_stepper(trainee, split, config, on_phase, on_notice)):
        return fused
    autograd = AutogradPass(trainee.model, trainee.parameters, split, label_smoothing=config.label_smoothing)
    if device.type == "cuda":
        try:
            return GraphStepper(trainee, autograd, split, config)
        except NotCapturableError as reason:
            on_notice(f"This network is trained without a CUDA graph, which is slower: {reason}.")
    is_plain = not config.augmentation and not config.label_smoothing
    if is_plain and device.type == "cpu" and BatchInnermostPass.can_compute(trainee.model):
        return EagerStepper(BatchInnermostPass(trainee.model, trainee.parameters, split), trainee, config.batch_size)
    return EagerStepper(autograd, trainee, config.batch_size)


def _fused_stepper(
    trainee: Trainee, split: Split, config: TrainConfig, on_phase: Print, on_notice: Print
) -> Stepper | None:
    """Return the fused kernels, or say why they do not work here."""
    on_phase("compiling kernels")
    problem = explain_unusable(split, config.batch_size)
    if problem is None:
        from emnist_tui.learning.training.steps.cuda_fused.stepper import FusedStepper  # it imports Triton

        try:
            return FusedStepper(trainee, split, config)
        except NotCapturableError as reason:
            problem = f"The fused kernels cannot be captured ({reason})."
    on_notice(f"{problem} Steps are taken by a CUDA graph, which is slower.")
    return None
