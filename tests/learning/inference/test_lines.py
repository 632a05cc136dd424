"""Lines across a page removed, and strokes that cross them closed."""

import numpy as np
import pytest

from emnist_tui.learning.inference.lines import without_lines
from emnist_tui.learning.inference.raster import Gray


def stroke() -> Gray:
    contrast = np.zeros((200, 150), np.float32)
    contrast[60:140, 70:80] = 180
    return contrast


def ruled(contrast: Gray, slope: float, strength: float) -> Gray:
    y, x = np.indices(contrast.shape)
    for row in (40, 100, 160):
        contrast = np.where(np.abs(y - row - slope * (x - 75)) < 1.2, np.maximum(contrast, strength), contrast)
    return contrast.astype(np.float32)


@pytest.mark.parametrize("slope", [0, 0.03, -0.06])
@pytest.mark.parametrize("strength", [60, 180])
@pytest.mark.parametrize("upright", [False, True])
def test_lines_are_removed_and_the_stroke_stays_whole(slope: float, strength: float, upright: bool) -> None:
    page = ruled(stroke(), slope, strength)
    expected = stroke()
    if upright:
        page, expected = ruled(stroke().T, slope, strength).T, stroke()
    found = without_lines(page, 6) > 40
    assert ((page > 40) != (expected > 40)).sum() > 500
    assert (found != (expected > 40)).sum() < 40


def test_a_stroke_that_does_not_cross_the_picture_stays() -> None:
    page = np.zeros((200, 150), np.float32)
    page[20:180, 70:74] = 180
    np.testing.assert_array_equal(without_lines(page, 6), page)


def test_a_thick_bar_across_the_picture_stays() -> None:
    page = np.zeros((28, 28), np.float32)
    page[0:4] = 180  # a 7 cropped close
    page[0:28, 12:16] = 180
    np.testing.assert_array_equal(without_lines(page, 6), page)
