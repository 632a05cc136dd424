"""Interface of a way to take optimizer steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.optimizer import FlatOptimizer, FlatParameters
from emnist_tui.learning.training.weight_average import WeightAverage


@dataclass(frozen=True, eq=False)
class Trainee:
    """A network, and all that a step reads or changes of it.

    Parameters and moments stay where they are in memory, so that a way may keep their addresses.
    """

    model: nn.Module
    parameters: FlatParameters
    optimizer: FlatOptimizer
    average: WeightAverage | None
    """None without averaged weights."""

    def update(self, loss: Tensor, rate: float | Tensor, share: float | Tensor | None) -> None:
        """Update the weights from their gradient, and the average from them.

        `loss` is the batch's, a float32 scalar; if it is not finite, the weights stay. `rate` is the learning rate,
        `share` that of the trained weights in the average, None without one; both may be scalars on the device.
        """
        self.optimizer.check(loss)
        self.optimizer.step(rate)
        if self.average and share is not None:
            self.average.update(share)

    def tensors(self) -> Iterator[Tensor]:
        """Yield every tensor that a step changes, but for the gradient."""
        yield self.parameters.values
        yield from (each for each in self.model.parameters() if not each.requires_grad)  # a pass may write them
        yield from self.optimizer.tensors()
        yield from self.model.buffers()
        if self.average:
            yield from self.average.tensors()


@dataclass(frozen=True, eq=False)
class EpochPlan:
    """The rest of an epoch, for each image and step."""

    order: Tensor
    """Indices of the images, int64 [M], on the network's device."""
    distortions: Tensor | None
    """Maps of `learning.data.augmentation` in this order, float32 [M, 2, 3]; None leaves the images as they are."""
    rates: Sequence[float]
    """Learning rate of each step."""
    shares: Sequence[float]
    """Share of the trained weights in the average after each step; empty without an average."""


class Stepper(Protocol):
    """One way to take a run's optimizer steps."""

    name: str
    """Short name, shown beside the device."""

    def begin(self, plan: EpochPlan) -> None:
        """Begin the rest of an epoch, once all steps before are read."""

    def set_rates(self, rates: Sequence[float]) -> None:
        """Change the learning rates of the steps that are left."""

    def take(self, most: int) -> int:
        """Take one to `most` steps, and return their number.

        May return before they are computed.
        """

    def read(self, *, wait: bool = True) -> BatchResults | None:
        """Return the results of steps taken since the last reading.

        With `wait` these are all steps, otherwise those that are already computed. None if there are none.
        """
