"""Steps one by one, and the contract that every way shares."""

import torch

from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.eager import EagerStepper
from emnist_tui.learning.training.steps.stepper import EpochPlan
from emnist_tui.runs.config import TrainConfig
from tests.learning.training.steps.conftest import NewTrainee
from tests.support.small_dataset import bars

SPLIT = bars(70, seed=0)
CONFIG = TrainConfig(batch_size=32)


def stepper_of(new_trainee: NewTrainee) -> EagerStepper:
    trainee = new_trainee(CONFIG)
    return EagerStepper(AutogradPass(trainee.model, trainee.parameters, SPLIT), trainee, 32)


def test_results_are_read_once_in_order(new_trainee: NewTrainee) -> None:
    stepper = stepper_of(new_trainee)
    stepper.begin(EpochPlan(torch.arange(70), None, [0.01, 0.02, 0.03], []))
    assert [stepper.take(5), stepper.take(5)] == [1, 1]
    first = stepper.read()
    assert stepper.take(5) == 1
    second = stepper.read(wait=False)
    assert isinstance(first, BatchResults)
    assert isinstance(second, BatchResults)
    assert (first.images, second.images) == ([32, 32], [6])
    assert stepper.read() is None


def test_divergence_is_reported_where_a_loss_is_not_finite(new_trainee: NewTrainee) -> None:
    stepper = stepper_of(new_trainee)
    stepper.begin(EpochPlan(torch.arange(70), None, [0.01, 1e38, 0.01], []))
    while stepper.take(1) and len(stepper._unread) < 3:
        pass
    results = stepper.read()
    assert results is not None
    assert results.diverged
    assert len(results.loss) < 3


def test_changed_rates_hold_for_the_steps_that_are_left(new_trainee: NewTrainee) -> None:
    changed, planned = stepper_of(new_trainee), stepper_of(new_trainee)
    changed.begin(EpochPlan(torch.arange(70), None, [0.01, 0.01, 0.01], []))
    planned.begin(EpochPlan(torch.arange(70), None, [0.01, 0.3, 0.2], []))
    changed.take(1)
    changed.set_rates([0.3, 0.2])
    for _ in range(2):
        changed.take(1)
    for _ in range(3):
        planned.take(1)
    values = [stepper._trainee.parameters.values for stepper in (changed, planned)]
    assert torch.equal(*values)
