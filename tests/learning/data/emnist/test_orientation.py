"""Digits and their orientation are recognized from pixels."""

import numpy as np
import pytest

from emnist_tui.learning.data.emnist.archive import read_digits
from emnist_tui.learning.data.emnist.orientation import are_digits, are_upright, transpose
from emnist_tui.runs.data_paths import TEST_IMAGES, TEST_LABELS
from tests.support.drawn_digits import upright_arrays
from tests.support.project import STAND_IN

IMAGES, LABELS = upright_arrays()[TEST_IMAGES], upright_arrays()[TEST_LABELS]


def test_drawn_digits_are_upright_and_their_transposition_is_not() -> None:
    assert are_upright(IMAGES, LABELS) is True
    assert are_upright(IMAGES.transpose(0, 2, 1), LABELS) is False


def test_real_digits_are_stored_transposed() -> None:
    if not STAND_IN.exists():
        pytest.skip("needs the stand-in archive")
    files = read_digits(STAND_IN).files
    assert are_upright(files[TEST_IMAGES], files[TEST_LABELS]) is False
    assert are_digits(files[TEST_IMAGES], files[TEST_LABELS])


def test_noise_and_missing_ones_leave_orientation_open() -> None:
    noise = np.random.default_rng(0).integers(0, 256, IMAGES.shape, dtype=np.uint8)
    assert are_upright(noise, LABELS) is None
    assert are_upright(IMAGES[LABELS != 1], LABELS[LABELS != 1]) is None
    assert not are_digits(noise, LABELS)
    assert not are_digits(IMAGES[LABELS > 1], LABELS[LABELS > 1])


def test_digits_are_recognized_in_either_orientation() -> None:
    assert are_digits(IMAGES, LABELS)
    assert are_digits(IMAGES.transpose(0, 2, 1), LABELS)
    assert not are_digits(IMAGES, (LABELS + 1) % 10)


@pytest.mark.parametrize("images", [0, 1, 4096, 9000])
def test_images_are_transposed_in_place(images: int) -> None:
    before = np.random.default_rng(0).integers(0, 256, (images, 28, 28), dtype=np.uint8)
    turned = before.copy()
    transpose(turned)
    np.testing.assert_array_equal(turned, before.transpose(0, 2, 1))
