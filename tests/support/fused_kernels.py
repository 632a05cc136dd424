"""Runs of the fused kernels in Triton's interpreter, and the exact step they are compared with."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear, max_pool2d

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.steps.cuda_fused.kernels import layout
from emnist_tui.learning.training.steps.cuda_fused.kernels.gradient import gradient_kernel
from tests.support.small_dataset import bars
from tests.support.step_networks import bars_on_paper

SHAPES = (2, 1, 5, 5), (2,), (4, 2, 3, 3), (4,), (10, 100), (10,)
SIZES = [torch.Size(shape).numel() for shape in SHAPES]
UNTOUCHED = 7.0
"""Value of buffers before a kernel writes them."""


def some_values(seed: int = 0) -> Tensor:
    """Return random weights of the baseline, float32 [1138]."""
    return (torch.rand(1_138, generator=torch.Generator().manual_seed(seed)) - 0.5) * 0.4


def saturating_values() -> Tensor:
    """Return weights with which two channels of the second convolution saturate, one up and one down."""
    values = some_values(1)
    values[50:52] = 0.3
    values[124:128] = torch.tensor([60.0, -200.0, 0.5, -1.0])
    return values


def mixed_images(count: int) -> Split:
    """Return noisy bars among blank, saturated and half saturated images, in which whole windows are equal."""
    split = Split(torch.cat([bars(count, 3).images[::2], bars_on_paper(count).images[1::2]]), torch.arange(count) % 10)
    split.images[1::4] = 0
    split.images[2::8] = 255
    split.images[6::8] = 0
    split.images[6::8, 9:] = 255
    return split


@dataclass(frozen=True)
class ExactPass:
    """Results in double precision."""

    losses: Tensor
    """float64 [N]."""
    correct: Tensor
    """bool [N]."""
    gradient: Tensor
    """float64 [1138], of the mean loss."""


def exact_pass(values: Tensor, batch: Split) -> ExactPass:
    """Compute a batch by autograd in double precision.

    Convolutions add their taps one by one, so that equal patches give equal sums and pooling meets exact ties.
    """
    values = values.double().requires_grad_()
    shaped = [part.view(shape) for part, shape in zip(torch.split(values, SIZES), SHAPES, strict=True)]
    maps = max_pool2d(_convolve(batch.images.unsqueeze(1).double() / 255, *shaped[:2]).relu(), 2)
    maps = max_pool2d(_convolve(maps, *shaped[2:4]).sigmoid(), 2)
    logits = linear(maps.flatten(1), *shaped[4:])
    losses = cross_entropy(logits, batch.labels, reduction="none")
    losses.mean().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    return ExactPass(losses.detach(), logits.argmax(1) == batch.labels, values.grad)


def _convolve(maps: Tensor, kernels: Tensor, biases: Tensor) -> Tensor:
    _, channels, size, _ = kernels.shape
    height, width = maps.shape[2] - size + 1, maps.shape[3] - size + 1
    total = torch.zeros(len(maps), len(kernels), height, width, dtype=maps.dtype)
    for channel in range(channels):
        for down in range(size):
            for right in range(size):
                shifted = maps[:, channel : channel + 1, down : down + height, right : right + width]
                total = total + shifted * kernels[:, channel, down, right].view(1, -1, 1, 1)
    return total + biases.view(1, -1, 1, 1)


def relative_errors(result: Tensor, exact: Tensor) -> dict[str, float]:
    """Return the relative error of each parameter tensor's gradient and of the whole."""
    names = "conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "linear.weight", "linear.bias"
    parts = zip(names, torch.split(result.double(), SIZES), torch.split(exact, SIZES), strict=True)
    errors = {name: ((part - true).norm() / true.norm().clamp(min=1e-30)).item() for name, part, true in parts}
    return errors | {"all": ((result.double() - exact).norm() / exact.norm()).item()}


@dataclass(frozen=True)
class GradientRun:
    """Buffers that the gradient kernel wrote."""

    gradients: Tensor
    """float32 [batch, 1152]."""
    losses: Tensor
    """float32 [batch]."""
    correct: Tensor
    """int32 [batch]."""
    begun: Tensor
    begun_with: Tensor


def run_gradient_kernel(
    values: Tensor, split: Split, batch: int, *, order: Tensor | None = None, step: int = 0, diverged: float = 0.0
) -> GradientRun:
    """Run the gradient kernel on step `step` of an epoch, by default of all images in order."""
    order = torch.arange(len(split)) if order is None else order
    steps, programs = -(-len(order) // batch), batch * int(layout.PARTS.value)
    run = GradientRun(
        torch.full((batch, int(layout.GRADIENT_ROW.value)), UNTOUCHED),
        torch.full((batch,), UNTOUCHED),
        torch.full((batch,), int(UNTOUCHED), dtype=torch.int32),
        torch.zeros(1, dtype=torch.int32),
        torch.zeros(3),
    )
    gradient_kernel[(batch, int(layout.PARTS.value))](
        split.images,
        split.labels,
        order,
        torch.arange(2.0 * steps).view(steps, 2),
        values,
        torch.tensor(step, dtype=torch.int32),
        torch.tensor(diverged),
        run.begun,
        run.begun_with,
        run.gradients,
        run.losses,
        run.correct,
        torch.zeros(programs, int(layout.FLOATS.value)),
        torch.zeros(programs, int(layout.ROUTES.value), dtype=torch.int64),
        batch,
        len(order),
    )
    return run
