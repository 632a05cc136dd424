import numpy as np
import pytest

from emnist_tui.analysis.explain.nearest_change import LARGEST_SHIFT, Change, Kind, changes, nearest_change
from emnist_tui.analysis.network.network import Array
from tests.support.explained_networks import digit


def bar(row: float = 10) -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[int(row) : int(row) + 4, 8:20] = 255
    return image


def by_place(images: np.ndarray) -> Array:
    """Predict 1 for ink whose middle is above row 13, else 7."""
    middle = (images.sum(axis=2) * np.arange(28)).sum(axis=1) / np.maximum(images.sum(axis=(1, 2)), 1)
    logits = np.full((len(images), 10), -99.0)
    logits[:, 1], logits[:, 7] = 13 - middle, middle - 13
    return logits


def by_ink(images: np.ndarray) -> Array:
    """Predict 1 for little ink, else 7."""
    ink = images.sum(axis=(1, 2)) / 255
    logits = np.full((len(images), 10), -99.0)
    logits[:, 1], logits[:, 7] = 60 - ink, ink - 60
    return logits


def test_the_smallest_shift_makes_a_wrong_answer_right() -> None:
    found = nearest_change(by_place, bar(), 7)
    assert found is not None
    assert found.nearest is not None
    assert (found.predicted, found.nearest.predicted, found.is_to_right) == (1, 7, True)
    assert found.nearest.change == Change(Kind.SHIFT, down=1.75)
    assert by_place(found.nearest.image[None])[0].argmax() == 7


def test_thickness_makes_a_right_answer_wrong() -> None:
    found = nearest_change(by_ink, bar(), 1)
    assert found is not None
    assert found.found[0].change.kind is Kind.THICKNESS
    assert found.found[0].predicted == 7
    assert not found.is_to_right


def test_any_other_answer_counts_where_the_truth_is_unknown() -> None:
    found = nearest_change(by_place, bar(), None)
    assert found is not None
    assert found.nearest is not None
    assert found.nearest.predicted == 7


def test_an_answer_that_nothing_changes_has_no_nearest_change() -> None:
    found = nearest_change(lambda images: np.eye(10)[[4] * len(images)], digit(), 2)
    assert found is not None
    assert found.found == ()
    assert found.nearest is None


def test_changes_are_tried_by_size() -> None:
    sizes = [change.size for change in changes()]
    assert sizes == sorted(sizes)
    assert min(sizes) > 0
    assert max(change.size for change in changes() if change.kind is Kind.SHIFT) == pytest.approx(
        LARGEST_SHIFT * 2**0.5
    )
    assert {change.kind for change in changes()} == set(Kind)


def test_a_stopped_search_has_no_result() -> None:
    assert nearest_change(by_place, bar(), 7, is_stopped=lambda: True) is None


def test_progress_reaches_the_total_if_all_is_tried() -> None:
    reported: list[tuple[int, int]] = []
    nearest_change(by_place, digit() * np.uint8(0), 3, on_progress=lambda *counts: reported.append(counts))
    assert reported[-1] == (len(changes()),) * 2
