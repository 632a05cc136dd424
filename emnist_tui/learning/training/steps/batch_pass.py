"""Interface of a pass: one batch's loss and gradient."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Batch:
    """Images and labels of one step."""

    images: Tensor
    """uint8, in the layout of the pass that made the batch."""
    labels: Tensor
    """int64 [N]."""
    distortions: Tensor | None = None
    """Maps of `learning.data.augmentation`, float32 [N, 2, 3]; None leaves the images as they are."""


class BatchPass(Protocol):
    """One way to compute the loss and gradient of a batch."""

    name: str
    """Short name, shown beside the device."""

    def batches(self, order: Tensor, batch_size: int, distortions: Tensor | None = None) -> Iterator[Batch]:
        """Yield the images at `order`, int64 [M], in batches.

        The last batch may be smaller. `distortions`, float32 [M, 2, 3], belong to the images in this order.
        """

    def forward_backward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute a batch's loss and logits, and write the gradient.

        Returns the mean cross-entropy in nats, a float32 scalar, and logits, float32 [N, 10]; both are new tensors
        without a graph. The gradient is left in the network's `FlatParameters`.
        """
