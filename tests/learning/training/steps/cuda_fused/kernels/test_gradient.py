"""The gradient kernel, compared with autograd in double precision."""

import pytest
import torch
from torch import Tensor

from tests.support.fused_kernels import (
    UNTOUCHED,
    GradientRun,
    exact_pass,
    mixed_images,
    relative_errors,
    run_gradient_kernel,
    saturating_values,
    some_values,
)

LARGEST_ERROR = 1e-6


def assert_exact(run: GradientRun, values: Tensor, batch: int) -> None:
    exact = exact_pass(values, mixed_images(batch))
    errors = relative_errors(run.gradients[:, :1138].double().sum(0), exact.gradient)
    print(f"batch {batch}:", ", ".join(f"{name} {error:.1e}" for name, error in errors.items()))
    assert max(errors.values()) < LARGEST_ERROR, errors
    torch.testing.assert_close(run.losses.double(), exact.losses, rtol=1e-6, atol=1e-6)
    assert torch.equal(run.correct.bool(), exact.correct)


SLOW = [pytest.mark.slow, pytest.mark.timeout(900)]
EVERY_KIND = 9
"""Images, as many as `mixed_images` has kinds, and one; a program computes a part of one image."""


@pytest.mark.parametrize(
    ("batch", "values"),
    [
        pytest.param(3, some_values(), id="3"),
        *(pytest.param(size, some_values(size), marks=SLOW, id=f"{size}") for size in (1, EVERY_KIND)),
        *(pytest.param(size, saturating_values(), marks=SLOW, id=f"{size} saturating") for size in (1, 3, EVERY_KIND)),
    ],
)
def test_gradients_losses_and_correctness_are_those_of_autograd(batch: int, values: Tensor) -> None:
    assert_exact(run_gradient_kernel(values, mixed_images(batch), batch), values, batch)


def test_gradients_are_those_of_a_tie_between_different_patches() -> None:
    """Of two equal members the first gets the gradient, even if what lies under them differs."""
    values = torch.zeros(1138)
    values[12] = values[37] = 1.0  # each kernel copies one pixel, so that equal pixels are equal members
    values[52:128] = some_values()[52:128]
    values[128:] = some_values()[128:]
    split = mixed_images(1)
    split.images.copy_(torch.randint(0, 2, (1, 28, 28), generator=torch.Generator().manual_seed(5)) * 200)
    exact = exact_pass(values, split)
    errors = relative_errors(run_gradient_kernel(values, split, 1).gradients[0, :1138], exact.gradient)
    assert max(errors.values()) < LARGEST_ERROR, errors


def test_a_smaller_last_batch_leaves_zeros_in_the_rows_it_lacks() -> None:
    split, values = mixed_images(6), some_values()
    order = torch.tensor([0, 2, 3, 5])
    run = run_gradient_kernel(values, split, 3, order=order, step=1, diverged=1.0)
    exact = exact_pass(values, split[order[3:]])
    assert max(relative_errors(run.gradients[0, :1138], exact.gradient).values()) < LARGEST_ERROR
    assert not run.gradients[1:].any()
    assert run.losses[1:].tolist() == [0, 0]
    assert run.correct[1:].tolist() == [0, 0]
    assert run.begun.tolist() == [1]
    assert run.begun_with.tolist() == [1.0, 2.0, 3.0]


def test_a_launch_past_the_epochs_end_reads_no_image() -> None:
    run = run_gradient_kernel(some_values(), mixed_images(2), 2, step=1)
    assert not run.gradients.any()
    assert not run.losses.any()
    assert run.begun.tolist() == [1]


@pytest.mark.slow
def test_a_row_holds_the_gradient_of_its_own_image_only() -> None:
    """Parameters of a row are all written, and the padding behind them never."""
    split, values = mixed_images(2), some_values()
    both, alone = run_gradient_kernel(values, split, 2), run_gradient_kernel(values, split[torch.tensor([1])], 1)
    assert torch.equal(both.losses[1], alone.losses[0])
    assert torch.equal(both.gradients[1, :1138] * 2, alone.gradients[0, :1138])
    assert (both.gradients[:, 1138:] == UNTOUCHED).all()
