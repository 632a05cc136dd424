"""The update kernel, compared with torch's Adam on the sum of the rows."""

from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor, nn

from emnist_tui.learning.training.optimizer import ADAM_BETAS, EPSILON
from emnist_tui.learning.training.steps.cuda_fused.kernels.update import update_kernel
from tests.support.fused_kernels import UNTOUCHED, some_values


def cell(value: float, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor(value, dtype=dtype)


def untouched(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.full(shape, UNTOUCHED, dtype=dtype)


@dataclass
class Rig:
    """Everything that the update kernel reads and writes, for steps of `batch` images of an epoch of `total`."""

    batch: int
    total: int
    values: Tensor = field(default_factory=some_values)
    mean: Tensor = field(default_factory=lambda: torch.zeros(1138))
    square: Tensor = field(default_factory=lambda: torch.zeros(1138))
    count: Tensor = field(default_factory=lambda: cell(0))
    cursor: Tensor = field(default_factory=lambda: cell(0, torch.int32))
    diverged: Tensor = field(default_factory=lambda: cell(0))

    def __post_init__(self) -> None:
        self.generator = torch.Generator().manual_seed(self.batch)
        steps = -(-self.total // self.batch)
        self.losses, self.correct = untouched(steps), untouched(steps, dtype=torch.int32)
        self.gradients = torch.zeros(self.batch, 1152)
        self.image_losses = torch.zeros(self.batch)
        self.image_correct = torch.zeros(self.batch, dtype=torch.int32)

    @property
    def weights(self) -> list[Tensor]:
        return [self.values, self.mean, self.square, self.count]

    def fill(self) -> None:
        """Draw the rows of a step, and zeros for the images that the last one lacks."""
        size = min(self.batch, self.total - int(self.cursor) * self.batch)
        self.gradients[:, :1138] = torch.randn(self.batch, 1138, generator=self.generator)
        self.image_losses.copy_(torch.rand(self.batch, generator=self.generator))
        self.image_correct.copy_(torch.rand(self.batch, generator=self.generator) < 0.4)
        for buffer in (self.gradients, self.image_losses, self.image_correct):
            buffer[size:] = 0

    def launch(self, rate: float = 0.01, *, rows: int = 32, columns: int = 32) -> None:
        taken = int(self.count) + 1
        factors = [rate / (1 - ADAM_BETAS[0] ** taken), (1 - ADAM_BETAS[1] ** taken) ** 0.5]
        update_kernel[(-(-1138 // columns),)](
            *self.weights,
            self.cursor.clone().view(1),
            torch.tensor([float(self.diverged), *factors]),
            self.gradients,
            self.image_losses,
            self.image_correct,
            self.losses,
            self.correct,
            self.cursor,
            self.diverged,
            self.batch,
            self.total,
            rows=rows,
            columns=columns,
            mean_weight=1 - ADAM_BETAS[0],
            square_decay=ADAM_BETAS[1],
            square_weight=1 - ADAM_BETAS[1],
            epsilon=EPSILON,
        )


@pytest.mark.parametrize(
    ("batch", "rows", "columns"),
    [
        (3, 32, 32),
        pytest.param(70, 32, 32, marks=pytest.mark.slow),
        pytest.param(600, 256, 8, marks=pytest.mark.slow),
    ],
)
def test_steps_are_those_of_torchs_adam(batch: int, rows: int, columns: int) -> None:
    rig = Rig(batch, total=2 * batch + 1)
    vector = nn.Parameter(rig.values.double())
    optimizer = torch.optim.Adam([vector])
    for step, rate in enumerate((0.01, 0.003, 0.02)):
        rig.fill()
        rig.launch(rate, rows=rows, columns=columns)
        optimizer.param_groups[0]["lr"] = rate
        vector.grad = rig.gradients[:, :1138].double().sum(0)
        optimizer.step()
        size = batch if step < 2 else 1
        assert rig.losses[step].item() == pytest.approx(rig.image_losses.double().sum().item() / size, rel=1e-6)
        assert rig.correct[step].item() == rig.image_correct.sum().item()
    state = optimizer.state[vector]
    for result, expected in ((rig.values, vector), (rig.mean, state["exp_avg"]), (rig.square, state["exp_avg_sq"])):
        error = ((result.double() - expected).norm() / expected.norm()).item()
        assert error < 5e-7
    assert (int(rig.count), int(rig.cursor), float(rig.diverged)) == (3, 3, 0)
    assert not rig.gradients[:, 1138:].any()


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_a_loss_that_is_not_finite_stops_all_later_steps(bad: float) -> None:
    rig = Rig(2, total=8)
    rig.fill()
    rig.image_losses[1] = bad
    rig.gradients[1] = bad
    before = [tensor.clone() for tensor in rig.weights]
    rig.launch()
    rig.fill()
    rig.launch()
    assert all(torch.equal(tensor, old) for tensor, old in zip(rig.weights, before, strict=True))
    assert rig.losses[:2].isnan().all()
    assert rig.losses[2:].tolist() == [UNTOUCHED, UNTOUCHED]
    assert (int(rig.cursor), float(rig.diverged)) == (2, 1)


def test_a_launch_past_the_epochs_end_changes_nothing() -> None:
    mean, square = torch.full((1138,), 0.1), torch.full((1138,), 0.2)
    rig = Rig(2, total=3, cursor=cell(2, torch.int32), mean=mean, square=square)
    tensors = [*rig.weights, rig.cursor, rig.diverged, rig.losses, rig.correct]
    before = [tensor.clone() for tensor in tensors]
    rig.launch()
    assert all(torch.equal(tensor, old) for tensor, old in zip(tensors, before, strict=True))
