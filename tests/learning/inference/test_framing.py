"""Ink framed as in EMNIST, whatever drew it."""

import numpy as np
import pytest

from emnist_tui.learning.inference.framing import frame


@pytest.mark.parametrize("size", [20, 90, 300])
def test_ink_fills_the_frame_up_to_its_margin(size: int) -> None:
    ink = np.zeros((size + 10, size + 40), np.float32)
    ink[5:-5, 8 : 8 + size // 6] = 1
    found = frame(ink, ink > 0)
    assert (found.shape, str(found.dtype), int(found.max())) == ((28, 28), "uint8", 255)
    inked = np.argwhere(found >= 26)
    assert inked[:, 0].min() in (1, 2, 3)
    assert inked[:, 0].max() in (24, 25, 26)
    assert abs(inked[:, 1].mean() - 13.5) < 0.7


def test_ink_far_from_the_mask_is_left_out() -> None:
    ink = np.zeros((100, 100), np.float32)
    ink[30:70, 20:25] = 1
    mask = ink > 0
    ink[30:70, 80:85] = 0.4
    alone = np.where(mask, ink, 0)
    np.testing.assert_array_equal(frame(ink, mask), frame(alone, mask))
