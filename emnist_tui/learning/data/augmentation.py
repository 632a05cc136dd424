"""Random affine distortion of train images, as writers vary.

Each image of an epoch gets its own, from a generator that is seeded by the run and the epoch alone: a resumed run
repeats them, on any device.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

_DEVIATIONS = (0.12, 0.12, 0.08, 0.08, 0.05, 0.05)
"""Standard deviations at strength 1: rotation in radians, shear, logarithm of the width's and the height's scale, and
shifts in half widths of the image."""
_LARGEST = 2.5  # standard deviations; rarer distortions are clipped


def draw_distortions(images: int, strength: float, seed: int, epoch: int) -> Tensor:
    """Draw one distortion for each image of an epoch.

    Returns affine maps from output to input coordinates, float32 [images, 2, 3], as `affine_grid` takes them.
    """
    mixed = int(np.random.SeedSequence((seed, epoch, 1)).generate_state(1, np.uint64)[0])
    drawn = torch.randn(images, len(_DEVIATIONS), generator=torch.Generator().manual_seed(mixed))
    drawn = drawn.clamp_(-_LARGEST, _LARGEST) * (torch.tensor(_DEVIATIONS) * strength)
    angle, shear, width, height, right, down = drawn.unbind(1)
    cosine, sine, width, height = angle.cos(), angle.sin(), width.exp(), height.exp()
    rows = [
        cosine * width,
        (shear * cosine - sine) * height,
        right,
        sine * width,
        (shear * sine + cosine) * height,
        down,
    ]
    return torch.stack(rows, dim=1).view(-1, 2, 3)


def distort(images: Tensor, distortions: Tensor) -> Tensor:
    """Distort images, float32 [N, 1, 28, 28], by maps [N, 2, 3].

    What comes from outside is paper, 0. Pixels are interpolated linearly.
    """
    grid = affine_grid(distortions, list(images.shape), align_corners=False)
    return grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
