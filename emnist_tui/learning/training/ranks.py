"""Training by one process, or by ranks that it leads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import torch
from torch import nn

from emnist_tui.learning.data.dataset import Dataset, Split
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError

if TYPE_CHECKING:
    from emnist_tui.learning.training.distributed.team import Team
    from emnist_tui.learning.training.learner import Learner


class RankLostError(EmnistTuiError):
    """The end of another rank, or its silence."""


class Ranks(Protocol):
    """The processes that train a run.

    This one has its folder. Apart from `device_of`, the methods raise `RankLostError` if another process has ended.
    """

    team: Team | None
    """The ranks that share steps; None for one process."""

    def device_of(self, name: str) -> str:
        """Return this process's device by the configured name.

        Raises `UsageError` for one that ranks cannot share.
        """

    def configure(self, config: TrainConfig, dataset: Dataset) -> None:
        """Let the others load the same data and build the same network."""

    def restore(self, learner: Learner) -> None:
        """Let the others begin from this process's weights."""

    def control(self, path: Path) -> ControlPoller:
        """Return the poller of the user's requests."""

    def predictor(self, model: nn.Module, name: str, split: Split, device: torch.device) -> Predictor:
        """Return the prediction of the run's split of that name."""


class Alone:
    """One process."""

    team: Team | None = None

    def device_of(self, name: str) -> str:
        return name

    def configure(self, config: TrainConfig, dataset: Dataset) -> None:
        pass

    def restore(self, learner: Learner) -> None:
        pass

    def control(self, path: Path) -> ControlPoller:
        return ControlPoller(path)

    def predictor(self, model: nn.Module, name: str, split: Split, device: torch.device) -> Predictor:  # noqa: ARG002
        return Predictor(model, split, device)


ALONE = Alone()
Join = Callable[[], Ranks]
"""Waits for the other ranks, if there are any."""
