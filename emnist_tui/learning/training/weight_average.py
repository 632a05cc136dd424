"""Exponential moving average of a network's weights."""

import copy
from collections.abc import Iterator

from torch import Tensor, nn

from emnist_tui.learning.training.optimizer import FlatParameters


class WeightAverage:
    """A copy of a network whose weights follow the trained ones.

    Its parameters and the statistics of its norms are averages; whatever counts, and masks, are copied.
    """

    def __init__(self, model: nn.Module, parameters: FlatParameters, decay: float) -> None:
        """Start from the weights of `model`, whose `parameters` are already flat."""
        self.model = copy.deepcopy(model)
        """The network to evaluate."""
        self._average = FlatParameters(self.model, channels_last=parameters.channels_last)
        self._trained = parameters
        self._decay = decay
        self._buffers = list(_buffers(self.model, model))

    def update(self, step: int) -> None:
        """Follow the weights after `step`, counted from 1.

        The first steps weigh more, or the initial weights would stay: the decay is at most (1 + step) / (10 + step).
        """
        share = 1 - min(self._decay, (1 + step) / (10 + step))
        self._average.values.lerp_(self._trained.values, share)
        for average, trained, name, is_averaged in self._buffers:
            mine, its = getattr(average, name), getattr(trained, name)  # anew: a pass may assign another tensor
            if is_averaged:
                mine.lerp_(its, share)
            else:
                mine.copy_(its)


def _buffers(one: nn.Module, other: nn.Module) -> Iterator[tuple[nn.Module, nn.Module, str, bool]]:
    """Yield each buffer's layers, name, and whether it is averaged.

    The layers are those of two equal networks. Infinite buffers, such as masks, have no average.
    """
    seen: set[Tensor] = set()
    for mine, its in zip(one.modules(), other.modules(), strict=True):
        for name, buffer in its.named_buffers(recurse=False):
            if buffer not in seen:
                seen.add(buffer)
                yield mine, its, name, buffer.is_floating_point() and bool(buffer.isfinite().all())
