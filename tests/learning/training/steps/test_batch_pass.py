"""The contract of every pass."""

import pytest
import torch

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.autograd import AutogradPass
from emnist_tui.learning.training.steps.batch_pass import BatchPass
from emnist_tui.learning.training.steps.cpu_batch_innermost.batch_pass import BatchInnermostPass
from tests.support.small_dataset import bars

each_pass = pytest.mark.parametrize("implementation", [AutogradPass, BatchInnermostPass])
SPLIT = bars(70, seed=0)


def make(implementation: type[AutogradPass | BatchInnermostPass]) -> tuple[BatchPass, FlatParameters]:
    torch.manual_seed(1)
    model = Baseline()
    parameters = FlatParameters(model)
    return implementation(model, parameters, SPLIT), parameters


@each_pass
def test_batches_cover_the_order_and_the_last_is_smaller(
    implementation: type[AutogradPass | BatchInnermostPass],
) -> None:
    batch_pass, _ = make(implementation)
    order = torch.arange(69, -1, -1)
    batches = list(batch_pass.batches(order, 32))
    assert [len(batch.labels) for batch in batches] == [32, 32, 6]
    assert torch.equal(torch.cat([batch.labels for batch in batches]), SPLIT.labels[order])
    assert {batch.images.dtype for batch in batches} == {torch.uint8}


@each_pass
def test_there_are_no_batches_after_the_last(implementation: type[AutogradPass | BatchInnermostPass]) -> None:
    batch_pass, _ = make(implementation)
    assert list(batch_pass.batches(torch.arange(0), 32)) == []


def test_there_are_no_distorted_batches_after_the_last() -> None:
    batch_pass, _ = make(AutogradPass)
    assert list(batch_pass.batches(torch.arange(0), 32, torch.zeros(0, 2, 3))) == []


@each_pass
def test_loss_and_logits_are_new_tensors_without_a_graph(
    implementation: type[AutogradPass | BatchInnermostPass],
) -> None:
    batch_pass, parameters = make(implementation)
    first, second = batch_pass.batches(torch.arange(64), 32)
    loss, logits = batch_pass.forward_backward(first)
    copies = loss.clone(), logits.clone()
    gradient = parameters.gradient.clone()
    batch_pass.forward_backward(second)
    assert (loss.shape, logits.shape) == ((), (32, 10))
    assert not loss.requires_grad
    assert not logits.requires_grad
    assert torch.equal(loss, copies[0])
    assert torch.equal(logits, copies[1])
    assert not torch.equal(parameters.gradient, gradient)
    batch_pass.forward_backward(first)
    assert torch.equal(parameters.gradient, gradient)  # replaced, not accumulated


def test_every_pass_computes_the_same_loss() -> None:
    losses = []
    for implementation in (AutogradPass, BatchInnermostPass):
        batch_pass, _ = make(implementation)
        losses.append(
            torch.stack([batch_pass.forward_backward(batch)[0] for batch in batch_pass.batches(torch.arange(70), 32)])
        )
    torch.testing.assert_close(*losses)
