"""Networks to train in several ways."""

from collections.abc import Callable

import pytest
import torch

from emnist_tui.learning.models.registry import build_model
from emnist_tui.learning.training.optimizer import FlatParameters, make_optimizer
from emnist_tui.learning.training.steps.stepper import Trainee
from emnist_tui.learning.training.weight_average import WeightAverage
from emnist_tui.runs.config import TrainConfig

NewTrainee = Callable[[TrainConfig], Trainee]


@pytest.fixture
def new_trainee() -> NewTrainee:
    """Return a function that initializes the network and optimizer of a configuration."""

    def create(config: TrainConfig) -> Trainee:
        torch.manual_seed(config.seed)
        model = build_model(config.model).train()
        parameters = FlatParameters(model)
        average = WeightAverage(model, parameters, config.ema) if config.ema else None
        return Trainee(model, parameters, make_optimizer(parameters, config), average)

    return create
