import numpy as np
import pytest
from torch import from_numpy, tensor

from emnist_tui.analysis.explain.transforms import shifted, thickened, turned
from emnist_tui.learning.data.augmentation import distort
from tests.support.explained_networks import digit


def test_whole_shifts_move_pixels() -> None:
    moved = shifted(digit(), 2, -3)
    np.testing.assert_array_equal(moved[2:, :-3], digit()[:-2, 3:])
    assert not moved[:2].any()
    assert not moved[:, -3:].any()


def test_half_a_pixel_is_the_mean_of_two() -> None:
    ink = digit().astype(float)
    np.testing.assert_allclose(shifted(digit(), 0.5, 0)[1:], (ink[1:] + ink[:-1]) / 2, atol=0.51)


@pytest.mark.parametrize("degrees", [90, -90])
def test_a_quarter_turn_is_that_of_numpy(degrees: int) -> None:
    np.testing.assert_array_equal(turned(digit(), degrees), np.rot90(digit(), -degrees // 90))


@pytest.mark.parametrize("degrees", [-20, 7])
def test_a_turn_is_that_of_the_training_augmentation(degrees: int) -> None:
    angle = np.radians(degrees)
    rows = [[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0]]
    expected = distort(from_numpy(digit().astype(np.float32))[None, None], tensor([rows]).float())[0, 0]
    np.testing.assert_allclose(turned(digit(), degrees), expected, atol=0.51)


def test_thickness_moves_the_outline_by_pixels() -> None:
    bar = np.zeros((28, 28), np.uint8)
    bar[5:22, 10:15] = 200
    for pixels in (1, 2, -1, -2):
        assert (thickened(bar, pixels)[14] > 0).sum() == 5 + 2 * pixels
    np.testing.assert_array_equal(thickened(bar, 0.5)[14, 8:11], [0, 100, 200])
    np.testing.assert_array_equal(thickened(bar, -0.5)[14, 9:12], [0, 100, 200])


def test_no_change_leaves_the_image_alone() -> None:
    for changed in (shifted(digit(), 0, 0), turned(digit(), 0), thickened(digit(), 0)):
        np.testing.assert_array_equal(changed, digit())
