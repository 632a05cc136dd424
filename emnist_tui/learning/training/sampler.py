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
        self._nothing = torch.zeros((), device=device)  # 0 times every loss: not a number from such a loss on
        self._unread: list[tuple[Tensor, Tensor, Tensor]] = []

    def note(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """A batch's mean loss, its logits float32 [N, 10], and its labels int64 [N], none of which may change."""
        self._nothing.add_(loss, alpha=0)
        torch.ne(self._nothing, self._nothing, out=self.diverged)
        self._unread.append((loss, logits, labels))

    def read(self) -> BatchResults | None:
        """The results since the last reading; None where there are none."""
        if not self._unread:
            return None
        losses, logits, labels = zip(*self._unread, strict=True)
        self._unread = []
        images = [len(each) for each in labels]
        is_correct = torch.cat(logits).argmax(dim=1) == torch.cat(labels)
        correct = np.add.reduceat(is_correct.cpu().numpy(), np.cumsum([0, *images[:-1]]), dtype=np.int64).tolist()
        loss: list[float] = torch.stack(losses).tolist()
        good = next((index for index, value in enumerate(loss) if not isfinite(value)), len(loss))
        return BatchResults(loss[:good], correct[:good], images[:good], diverged=good < len(loss))
