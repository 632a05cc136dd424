"""Places of parameters, gradients and intermediate values in memory.

A Triton function reads no global but a `constexpr`; the host takes their `value`.
"""

import triton.language as tl

# The parameters, in the order of `model.parameters()`.
CONV1_BIAS = tl.constexpr(50)
CONV2 = tl.constexpr(52)
CONV2_BIAS = tl.constexpr(124)
LINEAR = tl.constexpr(128)
LINEAR_BIAS = tl.constexpr(1128)
PARAMETERS = tl.constexpr(1138)

GRADIENT_ROW = tl.constexpr(1152)
"""Distance between two images' gradients, in floats: 36 blocks of 32, so that blocks need no mask."""

PARTS = tl.constexpr(3)
"""Programs an image: one for the gradient of each channel of the first convolution, one for all other weights.

A step of 32 images is bound by latency: the longest chain of dependent work in one program. The backward passes of the
parts do not depend on each other, so three programs shorten it, though each computes the forward pass for itself: that
is cheaper than waiting for another, and 96 programs still have a multiprocessor each on the larger cards.
"""
LAST_PART = tl.constexpr(2)

# A program's scratch of floats. Its threads exchange values through it, which stay in the multiprocessor's cache.
MAPS = tl.constexpr(0)
"""First pooled maps, [2, 12, 12]."""
MAP = tl.constexpr(160)
"""Distance between two of them: 144, rounded up to whole cache lines."""
PLANES = tl.constexpr(320)
"""Gradient of the second convolution's output, [4, 14, 14]: 10 by 10 with a border of two zeros, never written."""
PLANE = tl.constexpr(196)
PLANE_ROW = tl.constexpr(14)
FLOATS = tl.constexpr(1152)

# A program's scratch of routes, int64: a gradient that max pooling sends to one of its window's members, and the
# member's place (see `backward.route`).
ROUTES2 = tl.constexpr(0)
"""Routes of the second convolution, [4, 32]: 25 pooled positions a channel."""
ROUTES1 = tl.constexpr(128)
"""Routes of one channel of the first, 144 pooled positions."""
ROUTES = tl.constexpr(384)
