"""A network in training, and the way of its steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from emnist_tui.learning.checkpoint.format import Checkpoint, OptimizerState, Progress, TrainingState
from emnist_tui.learning.checkpoint.own_network import OwnNetwork, StateDict, require_storable, restore_weights
from emnist_tui.learning.checkpoint.rng_state import copied, random_states
from emnist_tui.learning.data.augmentation import draw_distortions
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.models.network_check import check_training, check_weights
from emnist_tui.learning.models.registry import load_definition
from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.optimizer import FlatParameters, make_optimizer
from emnist_tui.learning.training.run_data import RunData
from emnist_tui.learning.training.sampler import epoch_order
from emnist_tui.learning.training.steps.choose import Print, choose_stepper, silent
from emnist_tui.learning.training.steps.cpu_batch_innermost.batch_pass import BatchInnermostPass
from emnist_tui.learning.training.steps.stepper import EpochPlan, Trainee
from emnist_tui.learning.training.weight_average import WeightAverage
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.models import model_label
from emnist_tui.runs.schedule import learning_rates

if TYPE_CHECKING:
    from emnist_tui.learning.training.distributed.team import Team

_FEWEST_CHECKED, _MOST_CHECKED = 8, 32
"""Images that a network of one's own is checked on."""


class Learner:
    """The network, its optimizer, and the average of its weights."""

    def __init__(
        self,
        config: TrainConfig,
        train: Split,
        device: torch.device,
        on_phase: Print = silent,
        team: Team | None = None,
    ) -> None:
        """Initialize the network by the config's seed.

        `on_phase` is called with descriptions of slow steps. Ranks in a `team` share steps. Raises
        `UsageError` for an unknown model, and for a network of one's own that cannot be trained.
        """
        torch.manual_seed(config.seed)
        self.model, self.own = _build(config, train, device)
        parameters = FlatParameters(self.model, channels_last=_takes_channels_last(self.model, device))
        self._images = len(train)
        self._batch_size = config.batch_size
        self._device = device
        average = WeightAverage(self.model, parameters, config.ema) if config.ema else None
        self._trainee = Trainee(self.model, parameters, make_optimizer(parameters, config), average)
        self.notices: list[str] = []
        """Sentences about why training is slower than it could be."""
        self._stepper = choose_stepper(self._trainee, train, config, device, on_phase, self.notices.append, team)
        self._left = 0

    @property
    def evaluated(self) -> nn.Module:
        """The network to evaluate: the average, if the recipe has one."""
        return self._trainee.average.model if self._trainee.average else self.model

    @property
    def way(self) -> str:
        """Name of the way in which steps are taken."""
        return self._stepper.name

    @property
    def left(self) -> int:
        """Steps that are left of the epoch."""
        return self._left

    def begin(self, config: TrainConfig, at: Progress, steps: int) -> None:
        """Begin an epoch after those of its batches that are done.

        The run has `steps` in all.
        """
        self.model.train()
        order = epoch_order(self._images, config.seed, at.epoch)
        distortions = None
        done = at.batch * config.batch_size
        if config.augmentation:
            distortions = draw_distortions(self._images, config.augmentation, config.seed, at.epoch)
            distortions = distortions[done:].to(self._device)
        order = order[done:].to(self._device)
        self._left = -(-len(order) // config.batch_size)
        rates = learning_rates(config, at.step, self._left, steps)
        numbers = range(at.step + 1, at.step + self._left + 1)
        shares = [self._trainee.average.share(step) for step in numbers] if self._trainee.average else []
        self._stepper.begin(EpochPlan(order, distortions, rates, shares))

    def train_by(self, plan: EpochPlan) -> None:
        """Take all steps of an epoch that another rank has planned."""
        self.model.train()
        self._stepper.begin(plan)
        for _ in range(-(-len(plan.order) // self._batch_size)):
            self._stepper.take(1)

    def change_rate(self, config: TrainConfig, step: int, steps: int) -> None:
        """Use another learning rate from step number `step`, from 0, on."""
        self._stepper.set_rates(learning_rates(config, step, self._left, steps))

    def take(self, most: int) -> int:
        """Take one to `most` steps of the epoch, and return their number."""
        taken = self._stepper.take(most)
        self._left -= taken
        return taken

    def read(self, *, wait: bool = True) -> BatchResults | None:
        """Return the results of steps since the last reading.

        Without `wait` only those that are already computed; None if there are none.
        """
        return self._stepper.read(wait=wait)

    def state(self) -> tuple[StateDict, StateDict | None, OptimizerState]:
        """Copy weights and optimizer state.

        Returns the weights to evaluate, the trained ones if these differ, and the state of the optimizer.
        """
        trained = copied(self.model.state_dict()) if self._trainee.average else None
        return copied(self.evaluated.state_dict()), trained, self._trainee.optimizer.state()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Restore what `state` returned."""
        training = checkpoint.training
        assert training is not None
        self.load(checkpoint.state_dict, training.trained_weights, training.optimizer, checkpoint.own)

    def load(
        self,
        evaluated: StateDict,
        trained: StateDict | None,
        optimizer: OptimizerState,
        own: OwnNetwork | None = None,
    ) -> None:
        """Load what `state` returned.

        `own` is the network it is of, if that may differ from this one.
        """
        self._load(self.evaluated, evaluated, own)
        if trained is not None:
            self._load(self.model, trained, own)
        self._trainee.optimizer.restore(optimizer)

    def checkpoint(
        self, progress: Progress, config: TrainConfig, data: RunData, metrics: dict[str, float]
    ) -> Checkpoint:
        """Copy everything that training changes."""
        weights, trained, optimizer = self.state()
        training = TrainingState(
            progress=replace(progress),
            optimizer=optimizer,
            random=random_states(self._device),
            config=config,
            data=data.name,
            fingerprint=data.fingerprint,
            metrics=dict(metrics),
            trained_weights=trained,
        )
        return Checkpoint(model_label(config.model), weights, training, own=self.own)

    def _load(self, network: nn.Module, weights: StateDict, own: OwnNetwork | None) -> None:
        if self.own and own:
            restore_weights("The checkpoint", own, weights, network, self.own.source.file)
        else:
            network.load_state_dict(weights)


def _build(config: TrainConfig, train: Split, device: torch.device) -> tuple[nn.Module, OwnNetwork | None]:
    """Build the network, and check one's own on the first train images."""
    definition = load_definition(config.model)
    if definition.source is None:
        return definition.build().to(device), None
    torch.manual_seed(config.seed)  # again: the file may have drawn random numbers
    network, file = definition.build(), definition.source.file
    check_weights(file, network)
    require_storable(file, network, config)
    network.to(device).train()
    count = min(max(config.batch_size, _FEWEST_CHECKED), _MOST_CHECKED)
    images, labels = scale(train.images[:count]), train.labels[:count]
    check_training(file, network, images, labels, is_alone=len(train) % config.batch_size == 1)
    return network, OwnNetwork.of(definition.source, network)


def _takes_channels_last(model: nn.Module, device: torch.device) -> bool:
    """Return whether a network computes faster with its channels last in memory.

    Other networks than chains of layers may rely on contiguous maps, such as by `view`.
    """
    return device.type == "cpu" and isinstance(model, Chain) and not BatchInnermostPass.can_compute(model)
