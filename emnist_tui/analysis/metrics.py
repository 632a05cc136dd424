"""Metrics computed from a confusion matrix.

A confusion matrix is int64 [classes, classes] and counts images by `[true, predicted]`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Confusion = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfusedPair:
    """Images of class `true` that were predicted as `predicted`."""

    true: int
    predicted: int
    count: int


def normalized_by_true(confusion: Confusion) -> Shares:
    """Normalize each row, so that the diagonal is recall.

    Returns float64 [classes, classes]; an empty row stays 0.
    """
    return _shares(confusion, confusion.sum(axis=1, keepdims=True))


def normalized_by_predicted(confusion: Confusion) -> Shares:
    """Normalize each column, so that the diagonal is precision.

    Returns float64 [classes, classes]; an empty column stays 0.
    """
    return _shares(confusion, confusion.sum(axis=0, keepdims=True))


def per_class(confusion: Confusion) -> list[dict[str, float | int]]:
    """Compute precision, recall, F1 and support of each class.

    Undefined values are 0.
    """
    rows: list[dict[str, float | int]] = []
    for digit in range(len(confusion)):
        correct = int(confusion[digit, digit])
        support, predicted = int(confusion[digit].sum()), int(confusion[:, digit].sum())
        rows.append(
            {
                "class": digit,
                "precision": correct / predicted if predicted else 0.0,
                "recall": correct / support if support else 0.0,
                "f1": 2 * correct / (support + predicted) if support + predicted else 0.0,
                "support": support,
            }
        )
    return rows


def macro_f1(confusion: Confusion) -> float:
    """Average the F1 of all classes that occur, without weights.

    A class occurs if it is a label or a prediction at least once, as in scikit-learn's default.
    """
    occurs = confusion.sum(axis=0) + confusion.sum(axis=1) > 0
    scores = [float(row["f1"]) for row, counts in zip(per_class(confusion), occurs, strict=True) if counts]
    return sum(scores) / len(scores) if scores else 0.0


def most_confused(confusion: Confusion, limit: int) -> list[ConfusedPair]:
    """List the `limit` most frequent confusions, largest first.

    Empty cells are left out; ties are in the order of the matrix.
    """
    pairs = [
        ConfusedPair(int(true), int(predicted), int(confusion[true, predicted]))
        for true, predicted in _off_diagonal(confusion)
    ]
    return sorted(pairs, key=lambda pair: -pair.count)[:limit]


def _off_diagonal(confusion: Confusion) -> npt.NDArray[np.int64]:
    return np.argwhere(confusion * ~np.eye(len(confusion), dtype=bool))


def _shares(confusion: Confusion, totals: Confusion) -> Shares:
    return confusion / np.maximum(totals, 1)
