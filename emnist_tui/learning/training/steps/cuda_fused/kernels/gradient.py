"""First kernel of a step: the gradient of every image."""

import triton
import triton.language as tl

from emnist_tui.learning.training.steps.cuda_fused.kernels.backward import (
    store_conv1_gradient,
    store_conv2_gradient,
    store_linear_gradient,
    store_planes,
    store_routes1,
    store_routes2,
)
from emnist_tui.learning.training.steps.cuda_fused.kernels.forward import (
    first_maps,
    judge,
    linear_weights,
    second_maps,
    softmax,
)
from emnist_tui.learning.training.steps.cuda_fused.kernels.layout import (
    FLOATS,
    GRADIENT_ROW,
    LAST_PART,
    MAP,
    MAPS,
    PARTS,
    ROUTES,
)


@triton.jit(
    do_not_specialize=["batch", "total"],  # one compiled kernel for all sizes
    do_not_specialize_on_alignment=["labels", "order", "coefficients", "cursor", "diverged"],
)
def gradient_kernel(
    images,
    labels,
    order,
    coefficients,
    values,
    cursor,
    diverged,
    begun,
    begun_with,
    gradients,
    image_losses,
    image_correct,
    floats,
    routes,
    batch,
    total,
):
    """Compute the gradients, losses and correctness of the images of one step.

    Program (row, part) writes its part of `gradients[row]`; the last part writes `image_losses[row]` and
    `image_correct[row]` too. All three are 0 in the rows that the last batch of an epoch lacks, and past the epoch's
    end, so the sum over `batch` rows is always right. See `step.FusedStep` for shapes and types.

    No program of a launch reads a cell that another writes: where the step begins is copied to `begun` and
    `begun_with`, from which the update kernel, next in the stream, reads what it may then overwrite.
    """
    row = tl.program_id(0)
    part = tl.program_id(1)
    step = tl.load(cursor)
    first = step.to(tl.int64) * batch
    size = tl.minimum(total - first, batch).to(tl.int32)
    if row + part == 0:
        is_step = size > 0
        tl.store(begun, step)
        tl.store(begun_with, tl.load(diverged))
        tl.store(begun_with + 1, tl.load(coefficients + step * 2, mask=is_step, other=0.0))
        tl.store(begun_with + 2, tl.load(coefficients + step * 2 + 1, mask=is_step, other=1.0))
    image_gradients = gradients + row * GRADIENT_ROW
    if row < size:
        image = tl.load(order + (first + row))
        program = row * PARTS + part
        compute_part(
            images + image * 784,
            tl.load(labels + image).to(tl.int32),
            values,
            image_gradients,
            image_losses + row,
            image_correct + row,
            floats + program * FLOATS,
            routes + program * ROUTES,
            part,
            size,
        )
    elif part == LAST_PART:
        everything = tl.arange(0, 2048)
        tl.store(image_gradients + everything, 0.0, mask=everything < GRADIENT_ROW)
        tl.store(image_losses + row, 0.0)
        tl.store(image_correct + row, 0)


@triton.jit
def compute_part(image, label, values, gradients, loss_cell, correct_cell, floats, routes, part, size):
    """Compute an image forward, and backward to one part's weights.

    A thread reads what others of its program wrote, so there is a barrier between each exchange's stores and loads.
    Between steps no barrier is needed: kernels of one stream follow each other.
    """
    at = tl.arange(0, 256)
    is_position = at < 144
    element = tl.arange(0, 128)
    channel = element // 32
    position = element % 32
    digit = tl.arange(0, 16)

    map_a, place_a, map_b, place_b = first_maps(image, values, at, is_position)
    weights, biases = linear_weights(values, digit, channel, position)  # early: they arrive during the convolutions
    tl.store(floats + (MAPS + at), map_a, mask=is_position)
    tl.store(floats + (MAPS + MAP + at), map_b, mask=is_position)
    tl.debug_barrier()

    features, place = second_maps(floats, values, channel, position)
    logits = tl.where(digit < 10, tl.sum(weights * features[None, :], 1) + biases, float("-inf"))
    probabilities, largest, powers = softmax(logits)
    share = tl.div_rn(1.0, size.to(tl.float32))
    logits_gradient = (probabilities - tl.where(digit == label, 1.0, 0.0)) * share
    gradient = tl.sum(weights * logits_gradient[:, None], 0) * features * (1.0 - features)  # 0 at the padding

    if part == LAST_PART:
        store_routes2(gradient, place, routes, channel, position)
        store_linear_gradient(logits_gradient, features, gradients, digit, channel, position)
        loss, is_correct = judge(logits, largest, powers, digit, label)
        tl.store(loss_cell, loss)
        tl.store(correct_cell, is_correct.to(tl.int32))
        tl.debug_barrier()
        store_conv2_gradient(floats, routes, gradients)
    else:
        store_planes(gradient, place, floats, channel, position)
        tl.debug_barrier()
        is_active = tl.where(part == 0, map_a, map_b) > 0
        chosen = tl.where(part == 0, place_a, place_b)
        store_routes1(values, floats, routes, at, is_position, is_active, chosen, part)
        tl.debug_barrier()
        store_conv1_gradient(image, routes, gradients, part)
