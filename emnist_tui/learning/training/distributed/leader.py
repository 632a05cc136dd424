"""Rank 0: it trains as one process, and leads the others."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
from torch import nn

from emnist_tui.learning.checkpoint.rng_state import copied
from emnist_tui.learning.data.dataset import Dataset, Split
from emnist_tui.learning.inference.predictor import Predictor
from emnist_tui.learning.models.device import choose_device
from emnist_tui.learning.training.control_poller import ControlPoller
from emnist_tui.learning.training.distributed.group import ProcessGroup
from emnist_tui.learning.training.distributed.shared_control import SharedControl
from emnist_tui.learning.training.distributed.shared_evaluation import SharedPredictor
from emnist_tui.learning.training.distributed.team import Command, LeadingTeam, Team
from emnist_tui.learning.training.learner import Learner
from emnist_tui.learning.training.ranks import RankLostError
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.torchrun import Place


class Leader:
    """The ranks of a run for their trainer; see `Ranks`."""

    def __init__(self, team: LeadingTeam, local_rank: int = 0) -> None:
        self.team: Team | None = team
        self._team = team
        self._local_rank = local_rank
        self._device = ""

    def device_of(self, name: str) -> str:
        self._device = device_of(name, self._local_rank, self._team.size)
        return self._device

    def configure(self, config: TrainConfig, dataset: Dataset) -> None:
        data = {"data": dataset.name, "fingerprint": dataset.fingerprint}
        self._team.send(Command.CONFIGURE, {"config": config.to_json(), "device": self._device, **data})

    def restore(self, learner: Learner) -> None:
        weights, trained, optimizer = learner.state()
        network = learner.own.source.sha256 if learner.own else ""
        content = {"weights": weights, "trained": trained, "optimizer": optimizer, "network": network}
        self._team.send(Command.RESTORE, content)

    def control(self, path: Path) -> ControlPoller:
        return SharedControl(path, self._team)

    def predictor(self, model: nn.Module, name: str, split: Split, device: torch.device) -> Predictor:
        def announce() -> None:
            self._team.send(Command.EVALUATE, {"split": name, "weights": copied(model.state_dict())})

        return SharedPredictor(self._team, model, split, device, announce)


class LeadingProcess:
    """Rank 0's part in the process group, from joining to the end."""

    def __init__(self, place: Place, on_request: Callable[[], object]) -> None:
        """Join the other ranks.

        `on_request` is called when one of them is asked to stop. Raises `EmnistTuiError` if they do not come.
        """
        self._group = ProcessGroup(place)
        self._team = LeadingTeam(self._group, on_request)
        self.leader = Leader(self._team, place.local_rank)

    def end(self, code: int) -> None:
        """End the other ranks with an exit code."""
        if self._team.is_idle and not self._group.is_broken:
            with suppress(RankLostError):
                self._team.send(Command.END)
        self._group.end(code)


def device_of(name: str, local_rank: int, size: int) -> str:
    """Return a rank's device: on GPUs each has its own.

    Raises `UsageError` for one that ranks cannot share.
    """
    if name == "mps" or (size > 1 and ":" in name):
        raise UsageError(
            f"The device {name} cannot be used by ranks; choose cpu, or cuda, where each of them takes its own GPU."
        )
    if name == "auto":
        name = choose_device(name).type
    return f"cuda:{local_rank}" if name == "cuda" else name
