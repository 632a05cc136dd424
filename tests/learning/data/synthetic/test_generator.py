from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from emnist_tui.learning.data.synthetic.generator import draw_digits


@cache
def some_digits() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    images, labels = draw_digits(3_000, seed=5)
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def inked_span(images: NDArray[np.uint8], axis: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the first and last row (axis 1) or column (axis 2) with ink."""
    inked: NDArray[np.bool_] = np.any(images > 127, axis=3 - axis)
    return inked.argmax(axis=1), images.shape[axis] - 1 - inked[:, ::-1].argmax(axis=1)


def test_same_seed_draws_the_same_digits() -> None:
    for first, second in zip(draw_digits(500, seed=3), draw_digits(500, seed=3), strict=True):
        np.testing.assert_array_equal(first, second)


def test_other_seed_draws_other_digits_in_another_order() -> None:
    images, labels = draw_digits(500, seed=3)
    other_images, other_labels = draw_digits(500, seed=4)
    assert (labels != other_labels).mean() > 0.8
    drawn = {image.tobytes() for image in images}
    assert not any(image.tobytes() in drawn for image in other_images)


def test_images_and_labels_are_uint8_over_the_full_range() -> None:
    images, labels = some_digits()
    assert images.dtype == labels.dtype == np.uint8
    assert images.shape == (3_000, 28, 28)
    assert labels.shape == (3_000,)
    assert set(labels.tolist()) == set(range(10))
    assert (images.min(), images.max()) == (0, 255)


@pytest.mark.parametrize("count", [0, 1, 7, 10, 1_234])
def test_classes_are_balanced(count: int) -> None:
    images, labels = draw_digits(count, seed=0)
    per_class = np.bincount(labels, minlength=10)
    assert len(images) == per_class.sum() == count
    assert per_class.max() - per_class.min() <= 1


def test_classes_are_shuffled() -> None:
    _, labels = some_digits()
    assert (np.diff(labels.astype(int)) != 0).mean() == pytest.approx(0.9, abs=0.03)


def test_progress_counts_up_to_the_number_of_images() -> None:
    reports: list[int] = []
    draw_digits(1_500, seed=0, on_progress=reports.append)
    assert len(reports) > 20
    assert reports == sorted(reports)
    assert reports[-1] == 1_500


def test_digits_are_centered_and_keep_a_margin() -> None:
    images, _ = some_digits()
    top, bottom = inked_span(images, axis=1)
    left, right = inked_span(images, axis=2)
    middles = np.stack([(top + bottom) / 2, (left + right) / 2])
    assert np.abs(middles - 13.5).max() <= 3
    assert np.abs(middles.mean(axis=1) - 13.5).max() < 0.3
    longest = np.maximum(bottom - top, right - left) + 1
    assert (longest >= 18).all()
    assert (longest <= 25).all()
    border = np.ones((28, 28), bool)
    border[1:-1, 1:-1] = False
    assert images[:, border].mean() < 1


def test_ink_statistics_match_handwriting() -> None:
    images, labels = some_digits()
    assert 38 < images.mean() < 50  # EMNIST digits: 44
    assert 0.63 < (images == 0).mean() < 0.72  # EMNIST digits: 0.67
    assert (images.max(axis=(1, 2)) == 255).mean() > 0.95
    ink = np.array([images[labels == digit].mean() for digit in range(10)])
    assert ink.argmin() == 1
    assert ink.argmax() == 0


@pytest.mark.parametrize("digit", range(10))
def test_digits_of_a_class_are_all_different(digit: int) -> None:
    images, labels = some_digits()
    vectors = images[labels == digit].reshape(-1, 28 * 28).astype(np.float32) / 255
    squares = np.square(vectors).sum(axis=1)
    distances = squares[:, None] + squares - 2 * vectors @ vectors.T
    np.fill_diagonal(distances, np.inf)
    assert distances.min() > 0.3
    assert vectors.std(axis=0).max() > 0.3


def test_classes_differ_but_are_not_trivial() -> None:
    images, labels = some_digits()
    vectors = images.reshape(-1, 28 * 28).astype(np.float32)
    train, test = slice(0, 2_000), slice(2_000, None)
    means = np.stack([vectors[train][labels[train] == digit].mean(axis=0) for digit in range(10)])
    distances = np.square(vectors[test, None] - means).sum(axis=2)
    accuracy = (distances.argmin(axis=1) == labels[test]).mean()
    assert 0.65 < accuracy < 0.9
