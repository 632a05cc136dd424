"""The fast gradients against autograd's, and the flat optimizer against torch's own."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.models.registry import MODELS
from emnist_tui.learning.training.optimizer import FlatAdam, FlatParameters
from emnist_tui.learning.training.sampler import BatchLog
from emnist_tui.learning.training.steps.autograd import AutogradGradients
from emnist_tui.learning.training.steps.cpu_batch_innermost.convolution import BatchInnermostGradients
from tests.support.small_dataset import bars


def three_channels() -> Chain:
    """Odd sizes, another order of activations, and a hidden layer."""
    return Chain(
        *(nn.Conv2d(1, 3, 3), nn.Sigmoid(), nn.MaxPool2d(2)),
        *(nn.Conv2d(3, 5, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(5 * 4 * 4, 16), nn.ReLU(), nn.Linear(16, 10)),
    )


def one_convolution() -> Chain:
    return Chain(nn.Conv2d(1, 3, 7), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3 * 11 * 11, 10))


NETWORKS = [*MODELS.values(), three_channels, one_convolution]


def paper(images: int) -> Split:
    """Noise with a margin of blank paper, where all members of a pooling window are equal."""
    split = bars(images, seed=1)
    split.images[:, :7] = 0
    split.images[:, :, 20:] = 0
    return split


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("batch_size", [1, 32, 64, 65, 200])
def test_they_are_those_of_autograd_in_double_precision(network: Callable[[], nn.Module], batch_size: int) -> None:
    torch.manual_seed(20)  # of no window are two members equal but for rounding: either may be the largest then
    split = paper(300)
    order = torch.randperm(135)
    model = network()
    exact = copy.deepcopy(model).double()
    parameters = FlatParameters(model)
    gradients = BatchInnermostGradients(model, parameters, split)
    batches = zip(gradients.batches(order, batch_size), torch.split(order, batch_size), strict=True)
    for batch, indices in batches:
        loss, logits = gradients.compute(batch)
        expected = exact(split.images[indices].unsqueeze(1).double() / 255)
        expected_loss = cross_entropy(expected, split.labels[indices])
        exact.zero_grad()
        expected_loss.backward()  # type: ignore[no-untyped-call]
        gradient = torch.cat(
            [parameter.grad.flatten() for parameter in exact.parameters() if parameter.grad is not None]
        )
        assert torch.equal(batch.labels, split.labels[indices])
        torch.testing.assert_close(loss, expected_loss.float())
        torch.testing.assert_close(logits.softmax(1), expected.softmax(1).float())
        torch.testing.assert_close(parameters.gradient, gradient.float(), rtol=1e-5, atol=2e-7)
        assert gradient.abs().max() > 0.01


def test_of_equal_members_of_a_window_the_first_has_been_the_largest() -> None:
    """Without weights every window's members are equal, but what they saw is not."""
    model = Baseline()
    with torch.no_grad():
        for number in (0, 3):
            model.get_parameter(f"layers.{number}.weight").zero_()
            model.get_parameter(f"layers.{number}.bias").fill_(0.5)
        model.get_parameter("layers.0.weight")[0, 0, 2, 2] = 0.7  # so that the second convolution sees an image
    exact = copy.deepcopy(model).double()
    parameters, split = FlatParameters(model), paper(32)
    gradients = BatchInnermostGradients(model, parameters, split)
    (batch,) = gradients.batches(torch.arange(32), 32)
    gradients.compute(batch)
    cross_entropy(exact(split.images.unsqueeze(1).double() / 255), split.labels).backward()  # type: ignore[no-untyped-call]
    gradient = torch.cat([parameter.grad.flatten() for parameter in exact.parameters() if parameter.grad is not None])
    torch.testing.assert_close(parameters.gradient, gradient.float(), rtol=1e-5, atol=2e-7)


def test_autograds_are_those_of_a_plain_script() -> None:
    split = paper(64)
    model, plain = Baseline(), Baseline()
    plain.load_state_dict(model.state_dict())
    parameters = FlatParameters(model)
    gradients = AutogradGradients(model, parameters, split)
    for batch in gradients.batches(torch.arange(64), 32):
        loss, logits = gradients.compute(batch)
        expected = plain(batch.images.unsqueeze(1) / 255)
        plain.zero_grad()
        cross_entropy(expected, batch.labels).backward()  # type: ignore[no-untyped-call]
        assert torch.equal(logits, expected)
        assert not loss.requires_grad
        for name, parameter in plain.named_parameters():
            assert parameter.grad is not None
            assert torch.equal(model.get_parameter(name).grad, parameter.grad)  # type: ignore[arg-type]


def test_ten_steps_of_adam() -> None:
    """The whole fast path against the whole plain one."""
    torch.manual_seed(0)
    split = paper(320)
    model, plain = Baseline(), Baseline()
    plain.load_state_dict(model.state_dict())
    parameters = FlatParameters(model)
    gradients = BatchInnermostGradients(model, parameters, split)
    optimizer = FlatAdam(parameters, 0.01, torch.zeros(()))
    expected = torch.optim.Adam(plain.parameters(), 0.01)
    for batch, indices in zip(
        gradients.batches(torch.arange(320), 32), torch.split(torch.arange(320), 32), strict=True
    ):
        gradients.compute(batch)
        optimizer.step()
        loss = cross_entropy(plain(split.images[indices].unsqueeze(1) / 255), split.labels[indices])
        expected.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        expected.step()
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, plain.state_dict()[name], rtol=1e-4, atol=1e-5)


def test_the_flat_optimizer_is_torchs_bit_for_bit() -> None:
    model = Baseline()
    parameters = FlatParameters(model)
    vector = nn.Parameter(parameters.values.clone())
    optimizer = FlatAdam(parameters, 0.003, torch.zeros(()))
    expected = torch.optim.Adam([vector], 0.003, fused=True)
    for _ in range(5):
        parameters.gradient.copy_(torch.randn(1_138))
        vector.grad = parameters.gradient.clone()
        optimizer.step()
        expected.step()
    assert torch.equal(parameters.values, vector)
    assert torch.equal(model.layers[7].bias, vector[-10:])  # type: ignore[arg-type]
    (theirs,) = expected.state_dict()["state"].values()
    for number, shape in enumerate(parameter.shape for parameter in model.parameters()):
        entries = optimizer.state()[number]
        assert entries.keys() == theirs.keys()
        assert entries["step"] == theirs["step"] == 5
        assert entries["exp_avg"].shape == entries["exp_avg_sq"].shape == shape
    for name in ("exp_avg", "exp_avg_sq"):
        assert torch.equal(torch.cat([entries[name].flatten() for entries in optimizer.state().values()]), theirs[name])


def test_an_optimizer_goes_on_from_its_state() -> None:
    first, second = FlatParameters(Baseline()), FlatParameters(Baseline())
    going_on = FlatAdam(first, 0.01, torch.zeros(()))
    first.gradient.copy_(torch.randn(1_138))
    going_on.step()
    restored = FlatAdam(second, 0.01, torch.zeros(()))
    restored.restore(going_on.state())
    second.values.copy_(first.values)
    second.gradient.copy_(first.gradient)
    going_on.step()
    restored.step()
    assert torch.equal(first.values, second.values)


def test_after_a_loss_that_is_no_number_no_step_changes_anything() -> None:
    model = Baseline()
    parameters = FlatParameters(model)
    log = BatchLog(torch.device("cpu"))
    optimizer = FlatAdam(parameters, 0.01, log.diverged)
    logits, labels = torch.eye(10)[:2], torch.tensor([0, 2])
    parameters.gradient.fill_(0.5)
    log.note(torch.tensor(0.25), logits, labels)
    optimizer.step()
    values, state = parameters.values.clone(), optimizer.state()
    for loss in (torch.inf, 0.25):  # a sound loss after it changes nothing either
        parameters.gradient.fill_(torch.nan)
        log.note(torch.tensor(loss), logits, labels)
        optimizer.step()
    assert torch.equal(parameters.values, values)
    assert all(torch.equal(value, state[0][name]) for name, value in optimizer.state()[0].items())
    results = log.read()
    assert results is not None
    assert (results.loss, results.correct, results.images, results.diverged) == ([0.25], [1], [2], True)


def overridden() -> nn.Module:
    class Louder(Baseline):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return super().forward(images) * 2

    return Louder()


def convolution(**options: object) -> Callable[[], nn.Module]:
    return lambda: Chain(
        nn.Conv2d(1, 2, **({"kernel_size": 5} | options)),  # type: ignore[arg-type]
        *(nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(10)),
    )


@pytest.mark.parametrize(
    "network",
    [
        overridden,
        nn.Flatten,
        convolution(kernel_size=4),
        convolution(stride=2),
        convolution(padding=1),
        convolution(padding="same"),
        convolution(dilation=2),
        convolution(bias=False),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10)),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.ReLU(), nn.MaxPool2d(3), nn.Flatten(), nn.Linear(128, 10)),
        lambda: Chain(nn.Flatten(), nn.Linear(784, 10)),
        lambda: Chain(nn.Conv2d(1, 2, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
    ],
)
def test_what_it_cannot_compute_is_left_to_autograd(network: Callable[[], nn.Module]) -> None:
    model = network()
    assert not BatchInnermostGradients.can_compute(model)
    with pytest.raises(ValueError, match="not a chain"):
        BatchInnermostGradients(model, FlatParameters(Baseline()), bars(10, seed=0))
