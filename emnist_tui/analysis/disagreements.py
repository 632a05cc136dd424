"""Images on which two networks disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation, Floats, Integers, Mistake

ORDERS = ("disagreement", "loss of A", "loss of B")
"""Orders of disagreements, largest first."""


@dataclass(frozen=True)
class ModelPrediction:
    """Prediction of one network for an image."""

    predicted: int
    probabilities: Floats
    """Probability of each class; float64 [10]."""
    loss: float
    """Cross-entropy on this image, in nats."""


@dataclass(frozen=True)
class Disagreement(Mistake):
    """An image misclassified by at least one of two networks.

    The inherited fields are those of network B, or of network A if B is correct.
    """

    a: ModelPrediction
    b: ModelPrediction

    @property
    def disagreement(self) -> float:
        """Total variation distance of the two predictions, 0 to 1."""
        return float(np.abs(self.a.probabilities - self.b.probabilities).sum() / 2)


class Disagreements(Sequence[Disagreement]):
    """Ordered images of a comparison, each built on access."""

    def __init__(self, comparison: Comparison, indices: Integers, order: str = ORDERS[0]) -> None:
        """Order the images.

        `indices` are positions in the split of images that at least one network misclassifies; `order` is one of
        `ORDERS`.
        """
        self._comparison = comparison
        indices = np.sort(indices)
        self.indices = indices[np.argsort(-_weights(comparison, indices, order), kind="stable")]
        """Positions in the split, ties in increasing order; int64 [images]."""

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, position: int) -> Disagreement: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Disagreement]: ...
    def __getitem__(self, position: int | slice) -> Disagreement | Sequence[Disagreement]:
        if isinstance(position, slice):
            return [self._disagreement(int(index)) for index in self.indices[position]]
        return self._disagreement(int(self.indices[position]))

    def _disagreement(self, index: int) -> Disagreement:
        a, b = self._comparison.a, self._comparison.b
        wrong = a if b.predicted[index] == b.true[index] else b
        mistake = wrong.mistake(int(np.searchsorted(wrong.wrong, index)))
        return Disagreement(**vars(mistake), a=_prediction(a, index), b=_prediction(b, index))


def moved(comparison: Comparison, true: int, predicted: int) -> Integers:
    """Find the images that exactly one network puts into a cell.

    They account for that cell of `Comparison.difference`. Returns positions in the split, increasing; int64 [images].
    """
    a, b = comparison.a, comparison.b
    is_moved = (a.predicted == predicted) != (b.predicted == predicted)
    return np.flatnonzero(is_moved & (a.true == true))


def _prediction(evaluation: Evaluation, index: int) -> ModelPrediction:
    return ModelPrediction(
        int(evaluation.predicted[index]), evaluation.probabilities[index], float(evaluation.losses[index])
    )


def _weights(comparison: Comparison, indices: Integers, order: str) -> Floats:
    """Return float64 [indices], largest for the image that comes first."""
    a, b = comparison.a, comparison.b
    if order == "disagreement":
        return np.asarray(np.abs(a.probabilities[indices] - b.probabilities[indices]).sum(axis=1))
    return a.losses[indices] if order == "loss of A" else b.losses[indices]
