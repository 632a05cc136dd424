"""A batch's loss and gradients: what the trainer asks for, and the plain way to get them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.training.optimizer import FlatParameters


@dataclass(frozen=True, eq=False)
class Batch:
    """Some images of the train split."""

    images: Tensor
    """uint8, laid out as it suits who made the batch."""
    labels: Tensor
    """int64 [N]."""


class Gradients(Protocol):
    """One way to compute them. The gradient is left in the network's `FlatParameters`."""

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Batch]:
        """The images at `order`, int64 [M], a batch at a time; the last may be smaller."""

    def compute(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The mean cross-entropy in nats, a float32 scalar, and logits, float32 [N, 10]: new, and without a graph."""


class AutogradGradients:
    """Of any network, on any device."""

    def __init__(self, model: nn.Module, parameters: FlatParameters, split: Split) -> None:
        self._model = model
        self._parameters = parameters
        self._split = split

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Batch]:
        for indices in torch.split(order, batch_size):
            yield Batch(self._split.images[indices], self._split.labels[indices])

    def compute(self, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = self._model(scale(batch.images))
        loss = cross_entropy(logits, batch.labels)
        self._parameters.gradient.zero_()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), logits.detach()
