"""Optimizer steps one by one, each launched by the host."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.steps.batch_pass import Batch, BatchPass
from emnist_tui.learning.training.steps.stepper import EpochPlan, Trainee


class EagerStepper:
    """Steps whose loss and gradient a `BatchPass` computes, on any device."""

    def __init__(self, batch_pass: BatchPass, trainee: Trainee, batch_size: int) -> None:
        self.name = batch_pass.name
        self._pass = batch_pass
        self._trainee = trainee
        self._batch_size = batch_size
        self._batches: Iterator[Batch] = iter(())
        self._rates: Iterator[float] = iter(())
        self._shares: Iterator[float] = iter(())
        self._unread: list[tuple[Tensor, Tensor, Tensor]] = []

    def begin(self, plan: EpochPlan) -> None:
        self._batches = self._pass.batches(plan.order, self._batch_size, plan.distortions)
        self._rates, self._shares = iter(plan.rates), iter(plan.shares)

    def set_rates(self, rates: Sequence[float]) -> None:
        self._rates = iter(rates)

    def take(self, most: int) -> int:
        """Take one step, so that requests are served between any two."""
        del most
        batch = next(self._batches)
        loss, logits = self._pass.forward_backward(batch)
        self._unread.append((loss, logits, batch.labels))
        self._trainee.update(loss, next(self._rates), next(self._shares, None))
        return 1

    def read(self, *, wait: bool = True) -> BatchResults | None:
        """Return the results since the last reading; reading waits for the device."""
        del wait
        if not self._unread:
            return None
        losses, logits, labels = zip(*self._unread, strict=True)
        self._unread = []
        images = [len(each) for each in labels]
        is_correct = torch.cat(logits).argmax(dim=1) == torch.cat(labels)
        correct = np.add.reduceat(is_correct.cpu().numpy(), np.cumsum([0, *images[:-1]]), dtype=np.int64).tolist()
        finite_weights = bool(self._trainee.parameters.values.isfinite().all())
        return BatchResults.of(torch.stack(losses).tolist(), correct, images, finite_weights=finite_weights)
