"""Whole steps in Triton's interpreter, compared with a plain script."""

import copy

import pytest
import torch
from torch.nn.functional import cross_entropy

from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.training.optimizer import FlatAdam, FlatParameters
from emnist_tui.learning.training.steps.cuda_fused.coefficients import adam_coefficients
from emnist_tui.learning.training.steps.cuda_fused.step import Epoch, FusedStep, Weights
from emnist_tui.runs.config import TrainConfig
from tests.support.fused_kernels import UNTOUCHED, mixed_images
from tests.support.small_dataset import bars

IMAGES, BATCH = 7, 2
RATES = [0.01, 0.01, 0.005, 0.02]  # three whole batches and one of one


def make_epoch(order: torch.Tensor, rates: list[float], taken: int = 0) -> Epoch:
    steps = len(rates)
    return Epoch(
        order,
        adam_coefficients(rates, taken),
        torch.full((steps,), UNTOUCHED),
        torch.full((steps,), int(UNTOUCHED), dtype=torch.int64),
        torch.zeros(1, dtype=torch.int64),
        torch.zeros(()),
    )


class Training:
    """A network that is trained by the kernels."""

    def __init__(self, rates: list[float] | None = None) -> None:
        torch.manual_seed(3)
        self.model = Baseline()
        self.parameters = FlatParameters(self.model)
        self.optimizer = FlatAdam(self.parameters, TrainConfig())
        self.split = bars(40, seed=2)
        self.order = torch.randperm(40, generator=torch.Generator().manual_seed(1))[:IMAGES]
        self.epoch = make_epoch(self.order, rates or RATES)
        optimizer = self.optimizer
        self.weights = Weights(self.parameters.values, optimizer.mean, optimizer.square, optimizer.count)
        self.step = FusedStep(self.split, self.weights, self.epoch, BATCH)

    @property
    def vectors(self) -> list[torch.Tensor]:
        return [self.weights.values, self.weights.mean, self.weights.square]

    def results(self) -> list[torch.Tensor]:
        epoch = self.epoch
        return [*self.vectors, self.weights.count, epoch.losses, epoch.correct, epoch.cursor, epoch.diverged]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_epoch_is_that_of_a_plain_script_and_repeats_bit_for_bit() -> None:
    training, again = Training(), Training()
    plain = copy.deepcopy(training.model)
    optimizer = torch.optim.Adam(plain.parameters())
    for number, indices in enumerate(torch.split(training.order, BATCH)):
        training.step.launch()
        optimizer.param_groups[0]["lr"] = RATES[number]
        logits = plain(training.split.images[indices].unsqueeze(1) / 255)
        loss = cross_entropy(logits, training.split.labels[indices])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        assert training.epoch.losses[number].item() == pytest.approx(loss.item(), rel=1e-5)
        assert training.epoch.correct[number] == (logits.argmax(1) == training.split.labels[indices]).sum()
    for name, weight in training.model.state_dict().items():
        torch.testing.assert_close(weight, plain.state_dict()[name], rtol=1e-4, atol=1e-5)
    assert training.optimizer.state()[0]["step"] == 4

    for _ in range(6):  # two more than the epoch has
        again.step.launch()
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(training.results(), again.results(), strict=True))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_epoch_that_is_resumed_within_is_that_of_one_go() -> None:
    whole, resumed = Training(), Training()
    for _ in RATES:
        whole.step.launch()
    resumed.step.launch()
    resumed.step.launch()
    rest = make_epoch(resumed.order, [torch.nan, torch.nan, *RATES[2:]], 0)
    rest.coefficients[2:] = adam_coefficients(RATES[2:], taken=2)
    rest.cursor.fill_(2)
    second = FusedStep(resumed.split, resumed.weights, rest, BATCH)
    second.launch()
    second.launch()
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(whole.vectors, resumed.vectors, strict=True))
    assert torch.equal(whole.epoch.losses[2:], rest.losses[2:])
    assert rest.losses[:2].tolist() == [UNTOUCHED, UNTOUCHED]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_weights_stay_from_the_step_on_whose_loss_is_not_finite() -> None:
    training = Training([1e37, *RATES[1:]])
    training.step.launch()
    training.step.launch()
    before = [tensor.clone() for tensor in training.vectors]
    training.step.launch()
    assert training.epoch.losses[0].isfinite()
    assert training.epoch.losses[1:3].isnan().all()
    assert training.epoch.losses[3] == UNTOUCHED
    assert all(torch.equal(now, old) for now, old in zip(training.vectors, before, strict=True))
    assert (int(training.weights.count), int(training.epoch.cursor), float(training.epoch.diverged)) == (1, 3, 1)


@pytest.mark.parametrize("spoil", ["images", "values", "losses", "stride"])
def test_tensors_of_another_shape_type_or_layout_are_refused(spoil: str) -> None:
    split, epoch = mixed_images(5), make_epoch(torch.arange(5), [0.01, 0.01, 0.01])
    vectors = [torch.zeros(1138) for _ in range(3)]
    if spoil == "images":
        split.images.resize_(5, 28, 27)
    elif spoil == "values":
        vectors[0] = vectors[0].double()
    elif spoil == "losses":
        epoch.losses.resize_(2)
    else:
        vectors[2] = torch.zeros(2 * 1138)[::2]
    with pytest.raises(ValueError, match="expected a contiguous"):
        FusedStep(split, Weights(vectors[0], vectors[1], vectors[2], torch.zeros(())), epoch, 2)
