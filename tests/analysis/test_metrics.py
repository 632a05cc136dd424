"""Metrics of confusion matrices against scikit-learn and values by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sklearn_metrics

from emnist_tui.analysis.metrics import (
    ConfusedPair,
    Confusion,
    macro_f1,
    most_confused,
    normalized_by_predicted,
    normalized_by_true,
    per_class,
)

MATRICES = arrays(np.int64, (4, 4), elements=st.integers(0, 9))

EXAMPLE = np.array([[5, 1, 0], [2, 0, 2], [0, 0, 0]])


def labels_of(confusion: Confusion) -> tuple[list[int], list[int]]:
    """List a true and a predicted label for every counted image."""
    cells = [cell for cell, count in np.ndenumerate(confusion) for _ in range(count)]
    return [true for true, _ in cells], [predicted for _, predicted in cells]


def test_a_worked_example_has_the_expected_metrics() -> None:
    assert normalized_by_true(EXAMPLE).tolist() == [[5 / 6, 1 / 6, 0], [0.5, 0, 0.5], [0, 0, 0]]
    assert normalized_by_predicted(EXAMPLE).tolist() == [[5 / 7, 1, 0], [2 / 7, 0, 1], [0, 0, 0]]
    assert per_class(EXAMPLE) == [
        {"class": 0, "precision": 5 / 7, "recall": 5 / 6, "f1": 10 / 13, "support": 6},
        {"class": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 4},
        {"class": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0},
    ]
    assert most_confused(EXAMPLE, 2) == [ConfusedPair(1, 0, 2), ConfusedPair(1, 2, 2)]


@given(MATRICES.filter(np.any))
def test_metrics_agree_with_scikit_learn(confusion: Confusion) -> None:
    true, predicted = labels_of(confusion)
    labels = list(range(len(confusion)))
    columns = sklearn_metrics.precision_recall_fscore_support(true, predicted, labels=labels, zero_division=0)
    for digit, row in enumerate(per_class(confusion)):
        assert row["class"] == digit
        assert [row["precision"], row["recall"], row["f1"], row["support"]] == pytest.approx(
            [column[digit] for column in columns]
        )
    assert macro_f1(confusion) == pytest.approx(
        sklearn_metrics.f1_score(true, predicted, average="macro", zero_division=0)
    )


def test_a_class_that_never_occurs_does_not_count_for_macro_f1() -> None:
    confusion = np.zeros((10, 10), np.int64)
    confusion[[1, 2, 2, 4], [1, 1, 2, 4]] = 1
    assert macro_f1(confusion) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert macro_f1(np.zeros((10, 10), np.int64)) == 0.0


@given(MATRICES, st.integers(0, 20))
def test_the_most_confused_pairs_come_first(confusion: Confusion, limit: int) -> None:
    pairs = most_confused(confusion, limit)
    off_diagonal = [count for (t, p), count in np.ndenumerate(confusion) if t != p and count]
    assert [pair.count for pair in pairs] == sorted(off_diagonal, reverse=True)[:limit]
    assert all(confusion[pair.true, pair.predicted] == pair.count for pair in pairs)
    keys = [(-pair.count, pair.true, pair.predicted) for pair in pairs]
    assert keys == sorted(keys)


@given(MATRICES)
def test_normalized_rows_and_columns_sum_to_one_or_zero(confusion: Confusion) -> None:
    assert normalized_by_true(confusion).sum(axis=1) == pytest.approx(confusion.any(axis=1).astype(float))
    assert normalized_by_predicted(confusion).sum(axis=0) == pytest.approx(confusion.any(axis=0).astype(float))
