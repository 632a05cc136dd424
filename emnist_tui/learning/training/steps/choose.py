"""The choice of a way to take optimizer steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.batch_pass import BatchPass
from emnist_tui.learning.training.steps.cpu_batch_innermost.batch_pass import BatchInnermostPass
from emnist_tui.learning.training.steps.cuda_fused.supported import can_fuse, explain_unusable
from emnist_tui.learning.training.steps.cuda_graph import GraphStepper
from emnist_tui.learning.training.steps.device_stepper import NotCapturableError
from emnist_tui.learning.training.steps.eager import EagerStepper
from emnist_tui.learning.training.steps.stepper import Stepper, Trainee
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.network_files import NetworkFile

if TYPE_CHECKING:
    from emnist_tui.learning.training.distributed.team import Team

Print = Callable[[str], None]


def silent(_: str) -> None:
    """Say nothing."""


def choose_stepper(
    trainee: Trainee,
    split: Split,
    config: TrainConfig,
    device: torch.device,
    on_phase: Print,
    on_notice: Print,
    team: Team | None = None,
) -> Stepper:
    """Return the fastest way for a network, recipe and device.

    `on_phase` is called with descriptions of slow steps, `on_notice` with a sentence if a slower way has to do. Ranks
    in a `team` share steps.
    """
    if team:
        return _shared_stepper(trainee, split, config, device, on_notice, team)
    is_fusible = device.type == "cuda" and can_fuse(trainee.model, config)
    if is_fusible and (fused := _fused_stepper(trainee, split, config, on_phase, on_notice)):
        return fused
    if device.type == "cuda":
        try:
            return GraphStepper(trainee, _autograd(trainee, split, config), split, config)
        except NotCapturableError as reason:
            on_notice(f"This network is trained without a CUDA graph, which is slower: {reason}.")
    return EagerStepper(_choose_pass(trainee, split, config, device), trainee, config.batch_size)


def _choose_pass(trainee: Trainee, split: Split, config: TrainConfig, device: torch.device) -> BatchPass:
    """Return the fastest pass whose steps the host launches."""
    is_plain = not config.augmentation and not config.label_smoothing
    if is_plain and device.type == "cpu" and BatchInnermostPass.can_compute(trainee.model):
        return BatchInnermostPass(trainee.model, trainee.parameters, split)
    return _autograd(trainee, split, config)


def _autograd(trainee: Trainee, split: Split, config: TrainConfig) -> AutogradPass:
    return AutogradPass(trainee.model, trainee.parameters, split, label_smoothing=config.label_smoothing)


def _shared_stepper(
    trainee: Trainee, split: Split, config: TrainConfig, device: torch.device, on_notice: Print, team: Team
) -> Stepper:
    """Return the way of ranks; say if they bring no speed."""
    from emnist_tui.learning.training.steps import distributed  # it imports torch's process groups

    if config.batch_size <= distributed.CHUNK and team.size > 1:
        on_notice(
            f"Several ranks are not faster at batch size {config.batch_size}: up to {distributed.CHUNK} images are "
            "computed by one rank, while the others wait; see `emnist-tui help distributed`."
        )
    chosen = _choose_pass(trainee, split, config, device)
    is_own = NetworkFile.parse(config.model) is not None
    return distributed.DistributedStepper(chosen, trainee, config, team, is_random=is_own)


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
