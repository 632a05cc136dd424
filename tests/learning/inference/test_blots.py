"""The digit chosen among dots, frames, edges and other digits."""

import numpy as np
import pytest

from emnist_tui.learning.inference.blots import choose_digit
from emnist_tui.learning.inference.raster import Mask
from emnist_tui.runs.errors import EmnistTuiError


def seven(top: int = 100, left: int = 120) -> Mask:
    mask = np.zeros((400, 300), bool)
    mask[top : top + 10, left : left + 60] = True
    mask[top : top + 100, left + 50 : left + 60] = True
    return mask


def box(top: int, left: int, bottom: int, right: int, thick: int = 0) -> Mask:
    """Return a rectangle, or a frame of this thickness."""
    mask = np.zeros((400, 300), bool)
    mask[top:bottom, left:right] = True
    if thick:
        mask[top + thick : bottom - thick, left + thick : right - thick] = False
    return mask


def chosen(mask: Mask) -> Mask:
    return choose_digit(200 * mask.astype(np.float32), mask)


@pytest.mark.parametrize(
    "other",
    [
        box(20, 250, 50, 280),
        box(20, 250, 24, 254),
        box(300, 30, 304, 70),
        box(0, 0, 400, 9),
        box(0, 0, 400, 300, 5),
        box(5, 5, 395, 295, 3),
        box(80, 100, 220, 200, 4),
        box(80, 100, 220, 103),
        box(80, 100, 83, 200) | box(80, 100, 220, 103),
    ],
    ids=["blot", "dot", "tick", "edge", "border", "page's frame", "field", "line", "half a frame"],
)
def test_other_marks_are_left_out(other: Mask) -> None:
    np.testing.assert_array_equal(chosen(seven() | other), seven())


@pytest.mark.parametrize(
    "part", [box(80, 120, 88, 170), box(100, 100, 190, 112), box(120, 182, 150, 190)], ids=["bar", "stroke", "hook"]
)
def test_a_part_of_the_digit_is_kept(part: Mask) -> None:
    whole = seven() | part
    if part[100:190, 100:112].all():
        whole = box(100, 120, 110, 170) | box(115, 120, 200, 130)
    np.testing.assert_array_equal(chosen(whole), whole)


@pytest.mark.parametrize("gap", [8, 40, 100])
@pytest.mark.parametrize("count", [2, 3])
def test_several_digits_are_counted_and_refused(gap: int, count: int) -> None:
    mask = np.zeros((400, 600), bool)
    for number in range(count):
        mask |= np.pad(seven(), ((0, 0), (0, 300)))[:, np.arange(600) - number * (60 + gap)]
    with pytest.raises(EmnistTuiError, match=f"shows {count} separate digits or marks; crop it to one digit"):
        chosen(mask)


def test_digits_that_touch_are_refused() -> None:
    with pytest.raises(EmnistTuiError, match="too wide for one digit"):
        chosen(seven(100, 60) | seven(100, 115) | seven(100, 170))


@pytest.mark.parametrize(
    "alone", [box(0, 100, 400, 130), box(30, 148, 370, 152), box(50, 50, 250, 250, 20), box(100, 100, 180, 160)]
)
def test_what_is_alone_is_the_digit(alone: Mask) -> None:
    np.testing.assert_array_equal(chosen(alone), alone)


@pytest.mark.parametrize("thick", [3, 8])
def test_a_circle_around_the_digit_is_left_out_and_a_zero_stays(thick: int) -> None:
    y, x = np.indices((400, 300))
    distance = np.hypot(y - 150, x - 150)
    circle = (distance < 100) & (distance >= 100 - thick)
    np.testing.assert_array_equal(chosen(seven() | circle), seven())
    dot = box(145, 145, 155, 155)
    assert (chosen(circle | dot) & circle).sum() == circle.sum()
