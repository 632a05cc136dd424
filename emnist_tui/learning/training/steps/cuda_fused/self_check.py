"""The kernels compared with autograd in double precision."""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, cross_entropy, linear, max_pool2d

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.optimizer import ADAM_BETAS, EPSILON
from emnist_tui.learning.training.steps.cuda_fused.coefficients import adam_coefficients
from emnist_tui.learning.training.steps.cuda_fused.step import Epoch, FusedStep, Weights

TOLERANCE = 1e-5
"""Largest relative error; of float32 arithmetic it is about 3e-7."""
_ATTEMPTS = 3  # two members of a pooling window may be equal but for rounding, and either then gets the gradient
_IMAGES = 61  # that a batch is drawn from: of 4,096 different ones some nearly always have such a window
_RATE = 0.01
_SHAPES = (2, 1, 5, 5), (2,), (4, 2, 3, 3), (4,), (10, 100), (10,)
_LEAST_SHARE = 0.01  # of the whole gradient's norm: a tensor's smaller gradient is judged as if it were so large


def explain_difference(split: Split, batch_size: int) -> str | None:
    """Explain how the kernels' steps differ from autograd's, if they do.

    Takes a full and an odd smaller batch of images of `split`, on its device. Weights and buffers are its own, and no
    random state is touched. The sentence may also say that the kernels cannot be compiled here.
    """
    smallest = float("inf")
    for attempt in range(_ATTEMPTS):
        try:
            error = _largest_error(split, batch_size, attempt)
        except (torch.OutOfMemoryError, torch.AcceleratorError):
            raise
        except Exception as problem:  # whatever Triton, its driver or its C compiler raises
            return f"Triton cannot run the fused kernels ({_last_line(problem)})."
        if error < TOLERANCE:
            return None
        smallest = min(smallest, error)
    return f"The fused kernels' steps differ from autograd's by {smallest:.1e}, more than {TOLERANCE:.0e} by rounding."


def _largest_error(split: Split, batch_size: int, seed: int) -> float:
    """Return the largest relative error on random images; NaN is infinite."""
    device = split.images.device
    generator = torch.Generator().manual_seed(seed)
    rest = (min(batch_size, 7) - 1) | 1
    images = torch.randint(len(split), (_IMAGES,), generator=generator)
    order = images[torch.randint(_IMAGES, (batch_size + rest,), generator=generator)].to(device)
    values = ((torch.rand(1_138, generator=generator) - 0.5) * 0.4).to(device)
    weights = Weights(values, torch.zeros_like(values), torch.zeros_like(values), torch.zeros((), device=device))
    coefficients = adam_coefficients([_RATE, _RATE], 0)
    epoch = Epoch(
        order,
        coefficients.to(device),
        torch.zeros(2, device=device),
        torch.zeros(2, dtype=torch.int64, device=device),
        torch.zeros(1, dtype=torch.int64, device=device),
        torch.zeros((), device=device),
    )
    step = FusedStep(split, weights, epoch, batch_size)
    errors: list[float] = []
    for number, indices in enumerate(torch.split(order, batch_size)):
        before = values.double()
        weights.mean.zero_()
        weights.square.zero_()
        step.launch()
        loss, gradient, correct = _exact_pass(before, split[indices])
        errors += _gradient_errors(weights.mean.double() / (1 - ADAM_BETAS[0]), gradient)
        errors.append(abs(epoch.losses[number].item() / loss - 1))
        errors.append(abs(epoch.correct[number].item() - correct))
        errors += _adam_errors(weights, before, *coefficients[number].tolist())
    errors.append(abs(weights.count.item() - 2) + abs(epoch.cursor.item() - 2) + epoch.diverged.item())
    return max(error if error == error else float("inf") for error in errors)


def _exact_pass(values: Tensor, batch: Split) -> tuple[float, Tensor, int]:
    """Return the loss, the gradient, and the number of correct predictions.

    The gradient is float64 [1138].
    """
    with torch.enable_grad():
        values = values.clone().requires_grad_()
        kernels1, biases1, kernels2, biases2, matrix, biases = (
            part.view(shape) for part, shape in zip(_parts(values), _SHAPES, strict=True)
        )
        maps = max_pool2d(conv2d(batch.images.unsqueeze(1).double() / 255, kernels1, biases1).relu(), 2)
        maps = max_pool2d(conv2d(maps, kernels2, biases2).sigmoid(), 2)
        logits = linear(maps.flatten(1), matrix, biases)
        loss = cross_entropy(logits, batch.labels)
        (gradient,) = torch.autograd.grad(loss, values)
    return loss.item(), gradient, int((logits.argmax(1) == batch.labels).sum())


def _gradient_errors(gradient: Tensor, expected: Tensor) -> list[float]:
    """Return the relative error of each parameter tensor's gradient."""
    least = _LEAST_SHARE * expected.norm().item()
    return [
        ((part - exact).norm() / exact.norm().clamp(min=least)).item()
        for part, exact in zip(_parts(gradient), _parts(expected), strict=True)
    ]


def _adam_errors(weights: Weights, before: Tensor, rate: float, root: float) -> list[float]:
    """Return the relative errors of what follows from the first moments.

    They are those of the second moments and of the weights' change.
    """
    mean = weights.mean.double()
    square = (mean / (1 - ADAM_BETAS[0])) ** 2 * (1 - ADAM_BETAS[1])
    change = -rate * mean / (square.sqrt() / root + EPSILON)
    pairs = (weights.square.double(), square), (weights.values.double() - before, change)
    return [((result - exact).norm() / exact.norm()).item() for result, exact in pairs]


def _parts(vector: Tensor) -> tuple[Tensor, ...]:
    """Split a vector [1138] into the parameters' parts."""
    return torch.split(vector, [torch.Size(shape).numel() for shape in _SHAPES])


def _last_line(problem: Exception) -> str:
    """Return the last line of an error's text, or its kind."""
    lines = [line.strip(" .") for line in str(problem).splitlines() if line.strip()]
    return lines[-1] if lines else type(problem).__name__
