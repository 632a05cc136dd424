"""Second kernel of a step: the sum over the batch, and Adam."""

import triton
import triton.language as tl

from emnist_tui.learning.training.steps.cuda_fused.kernels.layout import GRADIENT_ROW, PARAMETERS


@triton.jit(
    do_not_specialize=["batch", "total"],  # one compiled kernel for all sizes
    do_not_specialize_on_alignment=["count", "losses", "correct", "cursor", "diverged"],
)
def update_kernel(
    values,
    mean,
    square,
    count,
    begun,
    begun_with,
    gradients,
    image_losses,
    image_correct,
    losses,
    correct,
    cursor,
    diverged,
    batch,
    total,
    rows: tl.constexpr,
    columns: tl.constexpr,
    mean_weight: tl.constexpr,
    square_decay: tl.constexpr,
    square_weight: tl.constexpr,
    epsilon: tl.constexpr,
):
    """Sum the gradients of a batch, and take Adam's step.

    A program has `columns` parameters, and reads `rows` of the batch at a time. These numbers fix the order of every
    sum, so it is the same in each run, and the loss is the same in each program: all decide alike whether the step is
    taken. It is not if the loss is not finite, or an earlier one was not, or the epoch is over.

    Program 0 writes the results and moves the cursor; no other reads those cells (see `gradient.gradient_kernel`).
    """
    program = tl.program_id(0)
    at = program * columns + tl.arange(0, columns)
    is_weight = at < PARAMETERS
    value = tl.load(values + at, mask=is_weight, other=0.0)
    m = tl.load(mean + at, mask=is_weight, other=0.0)
    v = tl.load(square + at, mask=is_weight, other=0.0)
    step = tl.load(begun)
    had_diverged = tl.load(begun_with)
    rate = tl.load(begun_with + 1)
    root = tl.load(begun_with + 2)

    sums = tl.zeros([rows, columns], tl.float32)
    loss_sums = tl.zeros([rows], tl.float32)
    correct_sums = tl.zeros([rows], tl.int32)
    start = 0
    while start < batch:  # not `range`: with numpy 2.4 the interpreter of Triton 3.6 takes no computed bound
        row = start + tl.arange(0, rows)
        is_row = row < batch
        block = gradients + row[:, None] * GRADIENT_ROW + at[None, :]
        sums += tl.load(block, mask=is_row[:, None] & (at >= 0)[None, :], other=0.0)
        loss_sums += tl.load(image_losses + row, mask=is_row, other=0.0)
        correct_sums += tl.load(image_correct + row, mask=is_row, other=0)
        start += rows
    # The gather changes no value. It gives a thread one parameter, as it loaded them; Triton would else move the loaded
    # values through shared memory before it loads gradients, and compute every parameter in several threads.
    gradient = tl.gather(tl.sum(sums, 0), tl.arange(0, columns), 0)
    loss_sum = tl.sum(loss_sums, 0)
    size = tl.minimum(total - step.to(tl.int64) * batch, batch).to(tl.int32)
    is_sound = (had_diverged == 0) & (tl.abs(loss_sum) < float("inf"))  # false for NaN
    is_taken = is_sound & (size > 0)

    if is_taken:
        m += (gradient - m) * mean_weight
        v = v * square_decay + gradient * gradient * square_weight
        value -= rate * tl.div_rn(m, tl.div_rn(tl.sqrt_rn(v), root) + epsilon)
        tl.store(values + at, value, mask=is_weight)
        tl.store(mean + at, m, mask=is_weight)
        tl.store(square + at, v, mask=is_weight)

    if (program == 0) & (size > 0):
        tl.store(losses + step, tl.where(is_sound, tl.div_rn(loss_sum, size.to(tl.float32)), float("nan")))
        tl.store(correct + step, tl.sum(correct_sums, 0))
        tl.store(diverged, tl.where(is_sound, 0.0, 1.0))
        tl.store(count, tl.load(count) + tl.where(is_sound, 1.0, 0.0))
        tl.store(cursor, step + 1)
