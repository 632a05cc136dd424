"""Exponential moving average of a network's weights."""

import copy
from collections.abc import Iterator

from torch import Tensor, nn

from emnist_tui.learning.training.optimizer import FlatParameters


class WeightAverage:
    """A copy of a network whose weights follow the trained ones.

    Its parameters and the statistics of its norms are averages; whatever counts is copied.
    """

    def __init__(self, model: nn.Module, parameters: FlatParameters, decay: float) -> None:
        """Start from the weights of `model`, whose `parameters` are already flat."""
        self.model = copy.deepcopy(model)
        """The network to evaluate."""
        self._average = FlatParameters(self.model, channels_last=parameters.channels_last)
        self._trained = parameters
        self._decay = decay
        self._statistics = list(_buffer_pairs(self.model, model))

    def update(self, step: int) -> None:
        """Follow the weights after `step`, counted from 1.

        The first steps weigh more, or the initial weights would stay: the decay is at most (1 + step) / (10 + step).
        """
        share = 1 - min(self._decay, (1 + step) / (10 + step))
        self._average.values.lerp_(self._trained.values, share)
        for average, trained in self._statistics:
            if average.is_floating_point():
                average.lerp_(trained, share)
            else:
                average.copy_(trained)


def _buffer_pairs(one: nn.Module, other: nn.Module) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(one.buffers(), other.buffers(), strict=True)
