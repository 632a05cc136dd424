"""Loss and gradient of a batch by autograd, for any network."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.step import Batch


class AutogradStep:
    """Forward and backward pass by autograd, on any device."""

    def __init__(self, model: nn.Module, parameters: FlatParameters, split: Split) -> None:
        self._model = model
        self._parameters = parameters
        self._split = split

    def batches(self, order: Tensor, batch_size: int) -> Iterator[Batch]:
        """Yield batches of `Split` images, uint8 [N, 28, 28]."""
        for indices in torch.split(order, batch_size):
            yield Batch(self._split.images[indices], self._split.labels[indices])

    def forward_backward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute a batch's loss and logits, and write the gradient."""
        logits = self._model(scale(batch.images))
        loss = cross_entropy(logits, batch.labels)
        self._parameters.gradient.zero_()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), logits.detach()
