"""Backward pass of one image, from logits to gradients.

Max pooling gives its gradient to one member of each window, so only a quarter of a convolution's output has one. For
the weights these gradients are kept packed, one a pooled position, with the place that it goes to; a weight's gradient
is the sum of packed gradients times the input beside their places.
"""

import triton
import triton.language as tl

from emnist_tui.learning.training.steps.cuda_fused.kernels.layout import (
    CONV1_BIAS,
    CONV2,
    CONV2_BIAS,
    LINEAR,
    LINEAR_BIAS,
    MAP,
    MAPS,
    PLANE,
    PLANE_ROW,
    PLANES,
    ROUTES1,
    ROUTES2,
)


@triton.jit
def route(gradient, place):
    """Pack a float32 gradient and the place that it goes to.

    Returns int64: the place above the gradient's 32 bits. One load of 8 bytes then brings both.
    """
    return (place.to(tl.int64) << 32) | (gradient.to(tl.int32, bitcast=True).to(tl.int64) & 0xFFFFFFFF)


@triton.jit
def routed_gradient(routes):
    """Unpack the gradients of routes."""
    return routes.to(tl.int32).to(tl.float32, bitcast=True)


@triton.jit
def routed_place(routes):
    """Unpack the places of routes."""
    return (routes >> 32).to(tl.int32)


@triton.jit
def store_linear_gradient(logits_gradient, features, gradients, digit, channel, position):
    """Store the gradient of the linear layer, an outer product."""
    is_weight = (digit < 10)[:, None] & (position < 25)[None, :]
    places = digit[:, None] * 100 + (channel * 25 + position)[None, :]
    tl.store(gradients + LINEAR + places, logits_gradient[:, None] * features[None, :], mask=is_weight)
    tl.store(gradients + LINEAR_BIAS + digit, logits_gradient, mask=digit < 10)


@triton.jit
def store_routes2(gradient, place, routes, channel, position):
    """Store the second convolution's routes, into its 12 by 12 input."""
    corner = tl.where(position < 25, position // 5 * 24 + position % 5 * 2 + place, 0)
    tl.store(routes + ROUTES2 + channel * 32 + position, route(gradient, corner))


@triton.jit
def store_planes(gradient, place, floats, channel, position):
    """Store the gradient of the second convolution's output with its zeros.

    All four members of every window are written, so nothing of an earlier image is left.
    """
    is_position = position < 25
    corner = floats + PLANES + channel * PLANE + (position // 5 * 28 + position % 5 * 2 + (2 * PLANE_ROW + 2))
    tl.store(corner, tl.where(place == 0, gradient, 0.0), mask=is_position)
    tl.store(corner + 1, tl.where(place == 1, gradient, 0.0), mask=is_position)
    tl.store(corner + PLANE_ROW, tl.where(place == 12, gradient, 0.0), mask=is_position)
    tl.store(corner + (PLANE_ROW + 1), tl.where(place == 13, gradient, 0.0), mask=is_position)


@triton.jit
def store_routes1(parameters, floats, routes, at, is_position, is_active, place, channel):
    """Store the first convolution's routes of one channel, into the image.

    The gradient of its pooled map is that of the second convolution's output, convolved with the flipped kernels; ReLU
    passes it on where the map is above 0.
    """
    row = at // 12
    column = at % 12
    kernels = parameters + CONV2 + channel * 9
    planes = floats + PLANES + ((row + 2) * PLANE_ROW + column + 2)
    gradient = tl.zeros([256], tl.float32)
    for target in tl.static_range(4):
        for down in tl.static_range(3):
            for right in tl.static_range(3):
                weight = tl.load(kernels + (target * 18 + down * 3 + right))
                shifted = planes + (target * PLANE - down * PLANE_ROW - right)
                gradient += weight * tl.load(shifted, mask=is_position, other=0.0)
    gradient = tl.where(is_active, gradient, 0.0)
    tl.store(routes + ROUTES1 + at, route(gradient, row * 56 + column * 2 + place), mask=is_position)


@triton.jit
def store_conv2_gradient(floats, routes, gradients):
    """Store the gradient of the second convolution's kernels and biases.

    Rows are output channels, columns the 18 taps of a kernel; a 19th of input 1 is the bias.
    """
    channel = tl.arange(0, 4)[:, None]
    tap = tl.arange(0, 32)[None, :]
    is_weight = (tap < 18) & (channel >= 0)
    source = tap // 9
    under = tap - source * 9
    beside = MAPS + source * MAP + under // 3 * 12 + under % 3
    total = tl.zeros([4, 32], tl.float32)
    for position in tl.static_range(25):
        packed = tl.load(routes + ROUTES2 + channel * 32 + position)
        value = tl.load(floats + (routed_place(packed) + beside), mask=is_weight, other=1.0)
        total += routed_gradient(packed) * value
    places = tl.where(tap < 18, CONV2 + channel * 18 + tap, CONV2_BIAS + channel)
    tl.store(gradients + places, total, mask=(tap < 19) & (channel >= 0))


@triton.jit
def store_conv1_gradient(image, routes, gradients, channel):
    """Store the gradient of one kernel and bias of the first convolution.

    Columns are the 25 taps; a 26th of pixel 255 is the bias. The 144 positions are summed in eight rows of 18, which
    are added at the end.
    """
    part = tl.arange(0, 8)[:, None]
    tap = tl.arange(0, 32)[None, :]
    is_weight = (tap < 25) & (part >= 0)
    beside = tap // 5 * 28 + tap % 5
    totals = tl.zeros([8, 32], tl.float32)
    for position in tl.static_range(0, 144, 8):
        packed = tl.load(routes + ROUTES1 + position + part)
        pixel = tl.load(image + (routed_place(packed) + beside), mask=is_weight, other=255)
        totals += routed_gradient(packed) * pixel.to(tl.float32)
    total = tl.sum(totals, 0) * (1.0 / 255.0)
    taps = tl.arange(0, 32)
    tl.store(gradients + tl.where(taps < 25, channel * 25 + taps, CONV1_BIAS + channel), total, mask=taps < 26)
