"""The batches of an epoch: their order, and what became of them."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
import torch
from torch import Tensor


def epoch_order(images: int, seed: int, epoch: int) -> Tensor:
    """The order in which an epoch takes its images, int64 [images]: of `seed` and `epoch` alone."""
    mixed = int(np.random.SeedSequence((seed, epoch)).generate_state(1, np.uint64)[0])
    return torch.randperm(images, generator=torch.Generator().manual_seed(mixed))


@dataclass(frozen=True)
class BatchResults:
    """Of consecutive batches, up to the first whose loss is not finite."""

    loss: list[float]
    """Mean of each batch, in nats."""
    correct: list[int]
    images: list[int]
    diverged: bool
    """A batch whose loss is not finite came next."""

    @property
    def short_loss(self) -> list[float]:
        """`loss` in the shortest decimals that are these float32, half as long to write."""
        return [float(str(np.float32(loss))) for loss in self.loss]

    @property
    def accuracy(self) -> list[float]:
        return [correct / images for correct, images in zip(self.correct, self.images, strict=True)]

    @property
    def loss_sum(self) -> list[float]:
        """Of the images of each batch."""
        return [loss * images for loss, images in zip(self.loss, self.images, strict=True)]


class BatchLog:
    """Keeps batches' results on the device until they are read: only reading waits for the device."""

    def __init__(self, device: torch.device) -> None:
        self.diverged = torch.zeros((), device=device)
        """float32 scalar: 1 from the first loss on that is not finite, else 0."""
        self._unread: list[tuple[Tensor, Tensor, int]] = []

    def note(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """A batch's mean loss, its logits float32 [N, 10], and its labels int64 [N]."""
        self.diverged.masked_fill_(~loss.isfinite(), 1.0)
        self._unread.append((loss, (logits.argmax(dim=1) == labels).sum(), len(labels)))

    def read(self) -> BatchResults | None:
        """The results since the last reading; None where there are none."""
        if not self._unread:
            return None
        losses, corrects, images = zip(*self._unread, strict=True)
        self._unread = []
        loss: list[float] = torch.stack(losses).tolist()
        correct: list[int] = torch.stack(corrects).tolist()
        good = next((index for index, value in enumerate(loss) if not isfinite(value)), len(loss))
        return BatchResults(loss[:good], correct[:good], list(images[:good]), diverged=good < len(loss))
