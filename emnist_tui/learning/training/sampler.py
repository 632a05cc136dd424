"""Epoch shuffling and per-batch metrics."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from torch import Tensor


def epoch_order(images: int, seed: int, epoch: int) -> Tensor:
    """Return an epoch's permutation of the images, int64 [images].

    It depends on `seed` and `epoch` alone.
    """
    mixed = int(np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0])
    return torch.randperm(images, generator=torch.Generator().manual_seed(mixed))


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
    """Whether a batch with a non-finite loss followed."""

    @property
    def short_loss(self) -> list[float]:
        """Shortest decimals of the float32 values in `loss`: half the bytes."""
        return [float(str(np.float32(loss))) for loss in self.loss]

    @property
    def accuracy(self) -> list[float]:
        """Share of correctly classified images of each batch, 0 to 1."""
        return [correct / images for correct, images in zip(self.correct, self.images, strict=True)]

    @property
    def loss_sum(self) -> list[float]:
        """Sum of the images' losses of each batch, in nats."""
        return [loss * images for loss, images in zip(self.loss, self.images, strict=True)]


class BatchLog:
    """Batch metrics, kept on the device until they are read.

    Only reading waits for the device.
    """

    def __init__(self, device: torch.device) -> None:
        self.diverged = torch.zeros((), device=device)
        """Float32 scalar: 1 from the first non-finite loss on, else 0."""
        self._zero = torch.zeros((), device=device)  # sum of 0 times each loss: NaN from the first non-finite one on
        self._unread: list[tuple[Tensor, Tensor, Tensor]] = []

    def record(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Record a batch's mean loss, logits and labels.

        The logits are float32 [N, 10], the labels int64 [N]. The tensors are kept, so they must not change.
        """
        self._zero.add_(loss, alpha=0)
        torch.ne(self._zero, self._zero, out=self.diverged)
        self._unread.append((loss, logits, labels))

    def read(self) -> BatchResults | None:
        """Return the results since the last reading, or None without any."""
        if not self._unread:
            return None
        losses, logits, labels = zip(*self._unread, strict=True)
        self._unread = []
        images = [len(each) for each in labels]
        is_correct = torch.cat(logits).argmax(dim=1) == torch.cat(labels)
        correct = np.add.reduceat(is_correct.cpu().numpy(), np.cumsum([0, *images[:-1]]), dtype=np.int64).tolist()
        loss: list[float] = torch.stack(losses).tolist()
        finite = next((index for index, value in enumerate(loss) if not isfinite(value)), len(loss))
        return BatchResults(loss[:finite], correct[:finite], images[:finite], diverged=finite < len(loss))
