"""Per-batch metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Self

import numpy as np


@dataclass(frozen=True)
class BatchResults:
    """Metrics of consecutive batches, up to the first non-finite loss."""

    loss: list[float]
    """Mean loss of each batch, in nats."""
    correct: list[int]
    """Correctly classified images of each batch."""
    images: list[int]
    """Images of each batch."""
    diverged: bool
    """Whether a batch with a non-finite loss followed, or the weights are no longer finite."""

    @classmethod
    def of(cls, loss: list[float], correct: Sequence[int], images: Sequence[int], *, finite_weights: bool) -> Self:
        """Cut metrics at the first non-finite loss."""
        finite = next((index for index, value in enumerate(loss) if not isfinite(value)), len(loss))
        diverged = finite < len(loss) or not finite_weights
        return cls(loss[:finite], list(correct[:finite]), list(images[:finite]), diverged)

    @property
    def short_loss(self) -> list[float]:
        """Shortest decimals of the float32 values in `loss`: half the bytes."""
        return [float(str(loss)) for loss in np.array(self.loss, np.float32)]

    @property
    def accuracy(self) -> list[float]:
        """Share of correctly classified images of each batch, 0 to 1."""
        return [correct / images for correct, images in zip(self.correct, self.images, strict=True)]

    @property
    def loss_sum(self) -> list[float]:
        """Sum of the images' losses of each batch, in nats."""
        return [loss * images for loss, images in zip(self.loss, self.images, strict=True)]
