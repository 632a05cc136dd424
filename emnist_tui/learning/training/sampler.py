"""Epoch shuffling."""

import numpy as np
import torch
from torch import Tensor


def epoch_order(images: int, seed: int, epoch: int) -> Tensor:
    """Return an epoch's permutation of the images, int64 [images].

    It depends on `seed` and `epoch` alone.
    """
    mixed = int(np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0])
    return torch.randperm(images, generator=torch.Generator().manual_seed(mixed))
