"""Ways to take optimizer steps, for runs on the CPU."""

from collections.abc import Callable

import pytest

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training import learner
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.cuda_graph import GraphStepper
from emnist_tui.learning.training.steps.eager import EagerStepper
from emnist_tui.learning.training.steps.stepper import Stepper, Trainee
from emnist_tui.runs.config import TrainConfig

Way = Callable[[Trainee, Split, TrainConfig], Stepper]


def autograd(trainee: Trainee, split: Split, config: TrainConfig) -> AutogradPass:
    return AutogradPass(trainee.model, trainee.parameters, split, label_smoothing=config.label_smoothing)


def eager(trainee: Trainee, split: Split, config: TrainConfig) -> Stepper:
    return EagerStepper(autograd(trainee, split, config), trainee, config.batch_size)


def graph(trainee: Trainee, split: Split, config: TrainConfig) -> Stepper:
    return GraphStepper(trainee, autograd(trainee, split, config), split, config)


def take_by(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs take their steps in one way."""
    monkeypatch.setattr(learner, "choose_stepper", lambda trainee, split, config, *_: way(trainee, split, config))
