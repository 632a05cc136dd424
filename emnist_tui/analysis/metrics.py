"""Numbers that are read from a confusion matrix, int64 [classes, classes], images by `[true, predicted]`."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Confusion = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConfusedPair:
    """One direction of a confusion: images of `true` that were taken for `predicted`."""

    true: int
    predicted: int
    count: int


def normalized_by_true(confusion: Confusion) -> Shares:
    """float64, the shape of `confusion`: shares of each true class; the diagonal is recall, an empty row stays 0."""
    return _shares(confusion, confusion.sum(axis=1, keepdims=True))


def normalized_by_predicted(confusion: Confusion) -> Shares:
    """float64, the shape of `confusion`: shares of each answer; the diagonal is precision, an empty column stays 0."""
    return _shares(confusion, confusion.sum(axis=0, keepdims=True))


def per_class(confusion: Confusion) -> list[dict[str, float | int]]:
    """Precision, recall, F1 (0 where undefined) and support of each class."""
    rows: list[dict[str, float | int]] = []
    for digit in range(len(confusion)):
        right = int(confusion[digit, digit])
        support, answered = int(confusion[digit].sum()), int(confusion[:, digit].sum())
        rows.append(
            {
                "class": digit,
                "precision": right / answered if answered else 0.0,
                "recall": right / support if support else 0.0,
                "f1": 2 * right / (support + answered) if support + answered else 0.0,
                "support": support,
            }
        )
    return rows


def macro_f1(confusion: Confusion) -> float:
    """The plain mean of the F1 of every class that is a label or an answer at least once, as scikit-learn's default."""
    occurs = confusion.sum(axis=0) + confusion.sum(axis=1) > 0
    scores = [float(row["f1"]) for row, counts in zip(per_class(confusion), occurs, strict=True) if counts]
    return sum(scores) / len(scores) if scores else 0.0


def most_confused(confusion: Confusion, limit: int) -> list[ConfusedPair]:
    """The cells off the diagonal that hold most, at most `limit`, none empty; ties in the order of the matrix."""
    pairs = [
        ConfusedPair(int(true), int(predicted), int(confusion[true, predicted])) for true, predicted in _off(confusion)
    ]
    return sorted(pairs, key=lambda pair: -pair.count)[:limit]


def _off(confusion: Confusion) -> npt.NDArray[np.int64]:
    return np.argwhere(confusion * ~np.eye(len(confusion), dtype=bool))


def _shares(confusion: Confusion, totals: Confusion) -> Shares:
    return confusion / np.maximum(totals, 1)
