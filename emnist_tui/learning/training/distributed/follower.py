"""Every other rank, which obeys rank 0 and writes nothing."""

import copy
from typing import Any

import torch

from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.models.device import choose_device, choose_threads
from emnist_tui.learning.training.distributed.group import ProcessGroup
from emnist_tui.learning.training.distributed.leader import device_of
from emnist_tui.learning.training.distributed.shared_evaluation import SharedPredictor
from emnist_tui.learning.training.distributed.team import Command, Content, EndedError, FollowingTeam
from emnist_tui.learning.training.learner import Learner
from emnist_tui.learning.training.ranks import RankLostError
from emnist_tui.learning.training.run_data import RunData, split_dataset
from emnist_tui.learning.training.steps.stepper import EpochPlan
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, ExitCode
from emnist_tui.runs.torchrun import Place


class Follower:
    """A rank's network and data, at the orders of rank 0."""

    def __init__(self, team: FollowingTeam, values: dict[str, Any], local_rank: int = 0) -> None:
        """Follow in `team`.

        Of `values`, fields of the configuration that this rank was given, only places of files count here.
        """
        self._team = team
        self._places: dict[str, Any] = {name: values[name] for name in ("data", "model") if name in values}
        self._local_rank = local_rank

    def follow(self) -> None:
        """Obey rank 0 until the run has ended.

        Raises `EmnistTuiError` if this rank cannot, and `RankLostError` if another has ended.
        """
        try:
            self._prepare()
            while (received := self._team.receive())[0] is not Command.END:
                command, content = received
                if command is Command.BEGIN:
                    self._train(content)
                elif command is Command.EVALUATE:
                    self._evaluate(content)
        except EndedError:
            pass

    def _prepare(self) -> None:
        """Load the data, build the network, and take over its weights.

        Raises `EmnistTuiError` if data or network are not those of rank 0.
        """
        content = self._await(Command.CONFIGURE)
        config = TrainConfig.from_json({**content["config"], **self._places})
        self._device = choose_device(device_of(config.device, self._local_rank, self._team.size))
        if self._device.type != torch.device(content["device"]).type:
            raise EmnistTuiError(
                f"This rank would compute on {self._device}, but rank 0 on {content['device']}; choose --device cpu."
            )
        choose_threads(config.threads, self._device)
        self._data = self._load_data(config, content)
        self._learner = Learner(config, self._data.train, self._device, team=self._team)
        self._evaluated = copy.deepcopy(self._learner.evaluated)
        content = self._await(Command.RESTORE)
        if self._learner.own and self._learner.own.source.sha256 != content["network"]:
            raise EmnistTuiError(f"{self._learner.own.source.file.path} is not the file of rank 0; copy that one here.")
        self._learner.load(content["weights"], content["trained"], content["optimizer"])

    def _load_data(self, config: TrainConfig, expected: Content) -> RunData:
        dataset = load_dataset(config.data)
        if dataset.fingerprint != expected["fingerprint"]:
            raise EmnistTuiError(
                f"The data here is {dataset.name} ({dataset.fingerprint}), but that of rank 0 is {expected['data']} "
                f"({expected['fingerprint']}); give every rank the same data."
            )
        return split_dataset(dataset, config, self._device)

    def _await(self, expected: Command) -> Content:
        """Return the content of an expected command."""
        while True:
            command, content = self._team.receive()
            if command is Command.END:
                raise EndedError
            if command is expected:
                return content

    def _train(self, content: Content) -> None:
        """Take this rank's part in the rest of an epoch."""
        distortions = content["distortions"]
        maps = None if distortions is None else distortions.to(self._device)
        self._learner.train_by(EpochPlan(content["order"].to(self._device), maps, (), ()))

    def _evaluate(self, content: Content) -> None:
        """Take this rank's part in an evaluation."""
        self._evaluated.load_state_dict(content["weights"])
        split = self._data.validation if content["split"] == "validation" else self._data.test
        assert split is not None
        for _ in SharedPredictor(self._team, self._evaluated, split, self._device, lambda: None):
            pass


class FollowingProcess:
    """Another rank's part in the process group, from joining to the end."""

    def __init__(self, place: Place) -> None:
        """Join the other ranks; raise `EmnistTuiError` if they do not come."""
        self._place = place
        self._group = ProcessGroup(place)
        self._team = FollowingTeam(self._group, lambda: None)

    def request_stop(self) -> None:
        """Ask all ranks to stop; safe in a signal handler."""
        self._team.has_request = True

    def follow(self, values: dict[str, Any]) -> int:
        """Follow rank 0, and return the exit code of the run.

        Raises what ends this rank before, of which rank 0 is told.
        """
        try:
            Follower(self._team, values, self._place.local_rank).follow()
            code = self._group.end_code()
        except RankLostError:
            if (code := self._group.end_code()) is None:
                raise
        except BaseException as error:
            self._group.fail(str(error) if isinstance(error, EmnistTuiError) else f"{type(error).__name__}: {error}")
            raise
        self._group.leave()
        return ExitCode.FAILED if code is None else code
