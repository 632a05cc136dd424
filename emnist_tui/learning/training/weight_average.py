"""Exponential moving average of a network's weights."""

import copy
from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from emnist_tui.learning.training.optimizer import FlatParameters

Buffers = dict[str, Any]


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
        buffers = list(_buffers(self.model, model))
        self._averaged = [(mine, its, name) for mine, its, name, is_averaged in buffers if is_averaged]
        self._copied = [(mine, its, name) for mine, its, name, is_averaged in buffers if not is_averaged]

    def share(self, step: int) -> float:
        """Return the share of the trained weights after `step`, counted from 1.

        The first steps weigh more, or the initial weights would stay: the decay is at most (1 + step) / (10 + step).
        """
        return 1 - min(self._decay, (1 + step) / (10 + step))

    def update(self, share: float | Tensor) -> None:
        """Move towards the trained weights by a share of the distance.

        The share may be a float32 scalar on the device, so that a captured step can be repeated with another.
        """
        self._average.values.lerp_(self._trained.values, share)
        # Read anew: a pass may assign another tensor.
        for mine, its, name in self._averaged:
            weight = share.to(its[name].dtype) if isinstance(share, Tensor) else share
            mine[name].lerp_(its[name], weight)
        for mine, its, name in self._copied:
            mine[name].copy_(its[name])

    def tensors(self) -> Iterator[Tensor]:
        """Yield every tensor that `update` changes."""
        yield self._average.values
        yield from self.model.buffers()


def _buffers(one: nn.Module, other: nn.Module) -> Iterator[tuple[Buffers, Buffers, str, bool]]:
    """Yield each stored buffer's layers, name, and whether it is averaged.

    The layers' buffers are those of two equal networks. Infinite ones, such as masks, have no average. Those that no
    checkpoint holds are the networks' own.
    """
    stored = set(other.state_dict(keep_vars=True).values())
    for mine, its in zip(one.modules(), other.modules(), strict=True):
        for name, buffer in its.named_buffers(recurse=False):
            if buffer in stored:
                stored.remove(buffer)
                yield mine._buffers, its._buffers, name, buffer.is_floating_point() and bool(buffer.isfinite().all())
