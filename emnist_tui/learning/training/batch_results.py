"""Per-batch metrics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Self

import numpy as np
import numpy.typing as npt

from emnist_tui.runs.events import Batches

_MOST_IN_A_LINE = 500  # batches; readers that sample a file of longer lines would parse megabytes
_DECIMALS = 12  # after the point: of the nine significant digits that tell float32 apart, from 1e-4 on
_LEAST, _MOST = 1e-4, 1e3  # between them `_DECIMALS` are enough, and float64 holds the digits exactly


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
        finite = len(loss)
        if not isfinite(sum(loss)):
            finite = next((index for index, value in enumerate(loss) if not isfinite(value)), finite)
        diverged = finite < len(loss) or not finite_weights
        return cls(loss[:finite], list(correct[:finite]), list(images[:finite]), diverged)

    @property
    def short_loss(self) -> list[float]:
        """Shortest decimals of the float32 values in `loss`: half the bytes."""
        decimals: list[float] = shortest_decimals(np.array(self.loss, np.float32)).tolist()
        return decimals

    @property
    def accuracy(self) -> list[float]:
        """Share of correctly classified images of each batch, 0 to 1."""
        return [correct / images for correct, images in zip(self.correct, self.images, strict=True)]

    @property
    def loss_sum(self) -> list[float]:
        """Sum of the images' losses of each batch, in nats."""
        return [loss * images for loss, images in zip(self.loss, self.images, strict=True)]

    def events(self, epoch: int, step: int) -> Iterator[Batches]:
        """Yield the batches, which end at `step`, in lines of bounded length."""
        loss, accuracy = self.short_loss, self.accuracy
        for first in range(0, len(loss), _MOST_IN_A_LINE):
            part = slice(first, first + _MOST_IN_A_LINE)
            last = step - len(loss) + min(first + _MOST_IN_A_LINE, len(loss))
            yield Batches(epoch=epoch, step=last, loss=loss[part], accuracy=accuracy[part])


def shortest_decimals(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Round float32 values to the fewest decimals that tell them apart.

    These are the decimals that numpy prints, found for all values at once: 30 times as fast.
    """
    exact = values.astype(np.float64)
    rounded = exact.copy()
    for decimals in range(_DECIMALS, -1, -1):  # the fewest last, over the others
        candidates = np.rint(exact * 10.0**decimals) / 10.0**decimals
        np.copyto(rounded, candidates, where=candidates.astype(np.float32) == values)
    # A power of two has a nearer neighbor below than above, which the rounding does not know.
    is_other = (exact < _LEAST) | (exact > _MOST) | (np.frexp(exact)[0] == 0.5)
    rounded[is_other] = [float(str(value)) for value in values[is_other]]
    return rounded
