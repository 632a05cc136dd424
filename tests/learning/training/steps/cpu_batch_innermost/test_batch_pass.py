"""The batch-innermost pass, compared with autograd."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatAdam, FlatParameters
from emnist_tui.learning.training.steps.cpu_batch_innermost.batch_pass import BatchInnermostPass
from emnist_tui.runs.config import TrainConfig
from tests.support.small_dataset import bars
from tests.support.step_networks import bars_on_paper, flat_gradient, one_convolution, three_channels


@pytest.mark.parametrize("network", [Baseline, three_channels, one_convolution])
@pytest.mark.parametrize("batch_size", [1, 32, 64, 65, 200])
def test_loss_logits_and_gradient_are_those_of_autograd_in_double_precision(
    network: Callable[[], nn.Module], batch_size: int
) -> None:
    torch.manual_seed(20)  # no window has two members equal except for rounding, of which either may be the maximum
    split = bars_on_paper(300)
    order = torch.randperm(135)[: 20 * batch_size]
    model = network()
    exact = copy.deepcopy(model).double()
    parameters = FlatParameters(model)
    batch_pass = BatchInnermostPass(model, parameters, split)
    for batch, indices in zip(batch_pass.batches(order, batch_size), torch.split(order, batch_size), strict=True):
        loss, logits = batch_pass.forward_backward(batch)
        expected = exact(split.images[indices].unsqueeze(1).double() / 255)
        expected_loss = cross_entropy(expected, split.labels[indices])
        exact.zero_grad()
        expected_loss.backward()  # type: ignore[no-untyped-call]
        gradient = flat_gradient(exact)
        assert torch.equal(batch.labels, split.labels[indices])
        torch.testing.assert_close(loss, expected_loss.float())
        torch.testing.assert_close(logits.softmax(1), expected.softmax(1).float())
        torch.testing.assert_close(parameters.gradient, gradient.float(), rtol=1e-5, atol=2e-7)
        assert gradient.abs().max() > 0.01


def test_ten_steps_of_adam_match_a_plain_script() -> None:
    torch.manual_seed(0)
    split = bars_on_paper(320)
    model, plain = Baseline(), Baseline()
    plain.load_state_dict(model.state_dict())
    parameters = FlatParameters(model)
    batch_pass = BatchInnermostPass(model, parameters, split)
    optimizer = FlatAdam(parameters, TrainConfig())
    expected = torch.optim.Adam(plain.parameters(), 0.01)
    order = torch.arange(320)
    for batch, indices in zip(batch_pass.batches(order, 32), torch.split(order, 32), strict=True):
        batch_pass.forward_backward(batch)
        optimizer.step(0.01)
        loss = cross_entropy(plain(split.images[indices].unsqueeze(1) / 255), split.labels[indices])
        expected.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        expected.step()
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, plain.state_dict()[name], rtol=1e-4, atol=1e-5)


def test_an_unsupported_network_is_rejected() -> None:
    assert BatchInnermostPass.can_compute(Baseline())
    assert not BatchInnermostPass.can_compute(nn.Flatten())
    with pytest.raises(ValueError, match="not a chain"):
        BatchInnermostPass(nn.Flatten(), FlatParameters(Baseline()), bars(10, seed=0))
