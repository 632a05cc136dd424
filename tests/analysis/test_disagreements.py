"""Images on which two networks disagree."""

from dataclasses import replace

import numpy as np
import pytest

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.disagreements import ORDERS, Disagreements, moved
from emnist_tui.runs.task import CLASSES
from tests.support.scripted_runs import answered, evaluation

A, B = evaluation(seed=1), evaluation(seed=2)
COMPARISON = Comparison(A, B)


def test_moved_images_account_for_the_difference_of_every_cell() -> None:
    for true in range(CLASSES):
        for predicted in range(CLASSES):
            indices = moved(COMPARISON, true, predicted)
            signs = np.where(B.predicted[indices] == predicted, 1, -1)
            assert signs.sum() == COMPARISON.difference[true, predicted]


def test_every_image_comes_from_an_evaluation_that_has_it() -> None:
    """The images of A differ from those of B here, as those of one split would not."""
    marked = replace(B, wrong_images=B.wrong_images // 2)
    comparison = Comparison(A, marked)
    for indices, source in ((comparison.fixed, A), (comparison.broken, marked), (comparison.both_wrong, marked)):
        assert len(indices)
        for disagreement in Disagreements(comparison, indices):
            row = np.flatnonzero(source.wrong == disagreement.index)[0]
            assert np.array_equal(disagreement.image, source.wrong_images[row])
            assert disagreement.true == A.true[disagreement.index]
            for prediction, side in ((disagreement.a, A), (disagreement.b, B)):
                assert prediction.predicted == side.predicted[disagreement.index]
                assert prediction.loss == side.losses[disagreement.index]
                assert np.array_equal(prediction.probabilities, side.probabilities[disagreement.index])


def test_images_are_sorted_by_every_order() -> None:
    for column, order in enumerate(ORDERS):
        disagreements = Disagreements(COMPARISON, COMPARISON.both_wrong, order)
        keys = [(d.disagreement, d.a.loss, d.b.loss)[column] for d in disagreements]
        assert keys == sorted(keys, reverse=True)
        assert len(set(keys)) > 1
        assert sorted(disagreements.indices) == COMPARISON.both_wrong.tolist()


def test_a_slice_has_the_images_at_its_positions() -> None:
    disagreements = Disagreements(COMPARISON, COMPARISON.both_wrong)
    assert [d.index for d in disagreements[:2]] == disagreements.indices[:2].tolist()
    assert disagreements[-1].index == disagreements.indices[-1]


def test_disagreement_is_the_total_variation_distance() -> None:
    opposite = Comparison(
        *(replace(answered([0], [p]), logits=np.eye(CLASSES, dtype=np.float32)[[p]] * 100) for p in (1, 2))
    )
    assert Disagreements(opposite, np.array([0]))[0].disagreement == pytest.approx(1)
    same = Comparison(answered([0], [1]), answered([0], [1]))
    assert Disagreements(same, np.array([0]))[0].disagreement == 0


def test_ties_keep_the_order_of_the_split() -> None:
    same = Comparison(answered([0, 1, 2], [3, 3, 3]), answered([0, 1, 2], [3, 3, 3]))
    assert Disagreements(same, np.array([2, 0, 1])).indices.tolist() == [0, 1, 2]
