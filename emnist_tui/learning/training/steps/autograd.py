"""Loss and gradient of a batch by autograd, for any network."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax, nll_loss

from emnist_tui.learning.data.augmentation import distort
from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.layers import is_normalized
from emnist_tui.learning.training.optimizer import FlatParameters
from emnist_tui.learning.training.steps.batch_pass import Batch


class AutogradPass:
    """Forward and backward pass by autograd, on any device."""

    name = "autograd"

    def __init__(
        self, model: nn.Module, parameters: FlatParameters, split: Split, *, label_smoothing: float = 0.0
    ) -> None:
        self._model = model
        self._parameters = parameters
        self._split = split
        self._label_smoothing = label_smoothing
        self._is_normalized = is_normalized(model)

    def batches(self, order: Tensor, batch_size: int, distortions: Tensor | None = None) -> Iterator[Batch]:
        """Yield batches of `Split` images, uint8 [N, 28, 28]."""
        if not len(order):  # of which `torch.split` makes one empty part
            return
        parts = torch.split(order, batch_size)
        maps = [None] * len(parts) if distortions is None else torch.split(distortions, batch_size)
        for indices, distorting in zip(parts, maps, strict=True):
            yield Batch(self._split.images[indices], self._split.labels[indices], distorting)

    def forward_backward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compute a batch's loss and logits, and write the gradient.

        The gradient is that of the smoothed loss, if labels are smoothed. A single image has no statistics of its own,
        so a network with batch norms uses its running ones.
        """
        images = scale(batch.images)
        if batch.distortions is not None:
            images = distort(images, batch.distortions)
        is_alone = self._is_normalized and len(batch.labels) == 1
        if is_alone:
            self._model.eval()
        logits = self._model(images)
        if is_alone:
            self._model.train()
        loss, objective = self._losses(logits, batch.labels)
        self._parameters.gradient.zero_()
        objective.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), logits.detach()

    def _losses(self, logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean cross-entropy, in nats, and the loss to minimize."""
        if not self._label_smoothing:
            loss = cross_entropy(logits, labels)
            return loss, loss
        log_probabilities = log_softmax(logits, dim=1)
        loss = nll_loss(log_probabilities, labels)
        return loss, torch.lerp(loss, -log_probabilities.mean(), self._label_smoothing)
