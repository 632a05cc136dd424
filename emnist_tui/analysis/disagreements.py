"""What two networks make of the same images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation, Floats, Integers, Mistake

ORDERS = ("disagreement", "loss of A", "loss of B")
"""Of opinions, the largest first."""


@dataclass(frozen=True)
class ModelPrediction:
    """What one network makes of an image."""

    predicted: int
    probabilities: Floats
    """float64 [10]"""
    loss: float
    """Cross-entropy of this image, in nats."""


@dataclass(frozen=True)
class Disagreement(Mistake):
    """An image that at least one of two networks gets wrong. As a mistake it is B's, or A's where B is right."""

    a: ModelPrediction
    b: ModelPrediction

    @property
    def disagreement(self) -> float:
        """The probability that would have to move to make one opinion the other, 0 to 1."""
        return float(np.abs(self.a.probabilities - self.b.probabilities).sum() / 2)


class Disagreements(Sequence[Disagreement]):
    """Images of a comparison in an order; each is put together when it is asked for."""

    def __init__(self, comparison: Comparison, indices: Integers, order: str = ORDERS[0]) -> None:
        """`indices` are positions in the split, each of an image that at least one network gets wrong."""
        self._comparison = comparison
        indices = np.sort(indices)
        self.indices = indices[np.argsort(-_weights(comparison, indices, order), kind="stable")]
        """int64 [images]: positions in the split, ties in its order."""

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, position: int) -> Disagreement: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Disagreement]: ...
    def __getitem__(self, position: int | slice) -> Disagreement | Sequence[Disagreement]:
        if isinstance(position, slice):
            return [self._put_together(int(index)) for index in self.indices[position]]
        return self._put_together(int(self.indices[position]))

    def _put_together(self, index: int) -> Disagreement:
        a, b = self._comparison.a, self._comparison.b
        wrong = a if b.predicted[index] == b.true[index] else b
        mistake = wrong.mistake(int(np.searchsorted(wrong.wrong, index)))
        return Disagreement(**vars(mistake), a=_opinion(a, index), b=_opinion(b, index))


def moved(comparison: Comparison, true: int, predicted: int) -> Integers:
    """int64 [images]: positions of those that one network alone puts into a cell; they make its difference."""
    a, b = comparison.a, comparison.b
    is_moved = (a.predicted == predicted) != (b.predicted == predicted)
    return np.flatnonzero(is_moved & (a.true == true))


def _opinion(evaluation: Evaluation, index: int) -> ModelPrediction:
    return ModelPrediction(
        int(evaluation.predicted[index]), evaluation.probabilities[index], float(evaluation.losses[index])
    )


def _weights(comparison: Comparison, indices: Integers, order: str) -> Floats:
    """float64 [indices]: what an order puts first weighs most."""
    a, b = comparison.a, comparison.b
    if order == "disagreement":
        return np.asarray(np.abs(a.probabilities[indices] - b.probabilities[indices]).sum(axis=1))
    return a.losses[indices] if order == "loss of A" else b.losses[indices]
