"""Forward pass of one image, from pixels to logits.

Both convolutions are computed for the pooled positions at once: an element of a tensor is one position, with an
accumulator for each of the four members of its pooling window. A pixel of the window's patch is loaded once, and added
to every member that sees it. All four add their taps in the same order, so that equal patches give equal sums, and
pooling takes the first of equal members, as torch does.
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
)


@triton.jit
def add_pixel(m0, m1, m2, m3, pixel, kernel, row: tl.constexpr, column: tl.constexpr, size: tl.constexpr):
    """Add a patch's pixel to the members that see it.

    The members are upper left, upper right, lower left and lower right. The pixel is at (row, column) of the patch,
    `size` + 1 wide, and at (row, column) less the member's own place under the kernel.
    """
    if row < size:
        if column < size:
            m0 += pixel * tl.load(kernel + (row * size + column))
        if column > 0:
            m1 += pixel * tl.load(kernel + (row * size + column - 1))
    if row > 0:
        if column < size:
            m2 += pixel * tl.load(kernel + ((row - 1) * size + column))
        if column > 0:
            m3 += pixel * tl.load(kernel + ((row - 1) * size + column - 1))
    return m0, m1, m2, m3


@triton.jit
def first_maximum(m0, m1, m2, m3, line: tl.constexpr):
    """Return the largest member and its place from the upper left.

    `line` is the distance between two lines. NaN members are kept if the first is one, as all are for NaN weights.
    """
    largest = m0
    place = tl.zeros_like(m0).to(tl.int32)
    is_larger = m1 > largest
    largest = tl.where(is_larger, m1, largest)
    place = tl.where(is_larger, 1, place)
    is_larger = m2 > largest
    largest = tl.where(is_larger, m2, largest)
    place = tl.where(is_larger, line, place)
    is_larger = m3 > largest
    return tl.where(is_larger, m3, largest), tl.where(is_larger, line + 1, place)


@triton.jit
def first_maps(image, parameters, at, is_position):
    """Compute both pooled maps of the first convolution, after ReLU.

    `at` numbers the 12 by 12 positions, line by line, and is padded to 256. Returns the map of each channel, with the
    places in their windows.
    """
    # Patches begin at even pixels: one load brings two. Pixels stay integers up to 255 until their sum is scaled.
    pairs = image.to(tl.pointer_type(tl.int16)) + (at // 12 * 28 + at % 12)
    a0 = tl.zeros([256], tl.float32)
    a1 = tl.zeros([256], tl.float32)
    a2 = tl.zeros([256], tl.float32)
    a3 = tl.zeros([256], tl.float32)
    b0 = tl.zeros([256], tl.float32)
    b1 = tl.zeros([256], tl.float32)
    b2 = tl.zeros([256], tl.float32)
    b3 = tl.zeros([256], tl.float32)
    for row in tl.static_range(6):
        for half in tl.static_range(3):
            pair = tl.load(pairs + (row * 14 + half), mask=is_position, other=0).to(tl.int32)
            left = (pair & 255).to(tl.float32)
            right = ((pair >> 8) & 255).to(tl.float32)
            a0, a1, a2, a3 = add_pixel(a0, a1, a2, a3, left, parameters, row, 2 * half, 5)
            b0, b1, b2, b3 = add_pixel(b0, b1, b2, b3, left, parameters + 25, row, 2 * half, 5)
            a0, a1, a2, a3 = add_pixel(a0, a1, a2, a3, right, parameters, row, 2 * half + 1, 5)
            b0, b1, b2, b3 = add_pixel(b0, b1, b2, b3, right, parameters + 25, row, 2 * half + 1, 5)
    a, a_place = first_maximum(a0, a1, a2, a3, 28)
    b, b_place = first_maximum(b0, b1, b2, b3, 28)
    a = a * (1.0 / 255.0) + tl.load(parameters + CONV1_BIAS)
    b = b * (1.0 / 255.0) + tl.load(parameters + (CONV1_BIAS + 1))
    return tl.where(a <= 0, 0.0, a), a_place, tl.where(b <= 0, 0.0, b), b_place  # NaN stays NaN


@triton.jit
def second_maps(maps, parameters, channel, position):
    """Compute the pooled maps of the second convolution, after the sigmoid.

    Elements are numbered channel · 32 + position, of 25 positions. Pooling comes before the sigmoid, which does not
    change it. Returns maps, 0 at the padding, and places in the 12 by 12 maps.
    """
    is_position = position < 25
    patches = maps + (position // 5 * 24 + position % 5 * 2)
    kernel = parameters + CONV2 + channel * 18
    m0 = tl.zeros([128], tl.float32)
    m1 = tl.zeros([128], tl.float32)
    m2 = tl.zeros([128], tl.float32)
    m3 = tl.zeros([128], tl.float32)
    for source in tl.static_range(2):
        for row in tl.static_range(4):
            for column in tl.static_range(4):
                pixel = tl.load(patches + (MAPS + source * MAP + row * 12 + column), mask=is_position, other=0.0)
                m0, m1, m2, m3 = add_pixel(m0, m1, m2, m3, pixel, kernel + source * 9, row, column, 3)
    largest, place = first_maximum(m0, m1, m2, m3, 12)
    largest += tl.load(parameters + CONV2_BIAS + channel)
    return tl.where(is_position, 1.0 / (1.0 + tl.exp(-largest)), 0.0), place


@triton.jit
def linear_weights(parameters, digit, channel, position):
    """Load the linear layer, [16, 128] and [16]; the padding is 0."""
    is_weight = (digit < 10)[:, None] & (position < 25)[None, :]
    places = digit[:, None] * 100 + (channel * 25 + position)[None, :]
    weights = tl.load(parameters + LINEAR + places, mask=is_weight, other=0.0)
    return weights, tl.load(parameters + LINEAR_BIAS + digit, mask=digit < 10, other=0.0)


@triton.jit
def softmax(logits):
    """Compute the probabilities, the largest logit, and the sum of powers.

    Logits are [16], -inf beyond 10; powers are relative to the largest.
    """
    largest = tl.max(logits, 0)
    powers = tl.exp(logits - largest)
    total = tl.sum(powers, 0)
    return powers / total, largest, total


@triton.jit
def judge(logits, largest, total, digit, label):
    """Compute the cross-entropy, and whether the prediction is right, from `softmax`.

    The prediction is the first of the largest, as `torch.argmax` takes it.
    """
    own = tl.sum(tl.where(digit == label, logits, 0.0), 0)
    prediction = tl.min(tl.where(logits == largest, digit, 16), 0)
    return tl.log(total) - (own - largest), prediction == label
