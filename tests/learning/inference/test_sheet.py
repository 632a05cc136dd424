"""Sheets of paper on a table, cropped to, and told from lit parts of a page."""

import numpy as np
import pytest
from PIL import Image

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.preprocess import find_digit
from emnist_tui.learning.inference.raster import Gray
from emnist_tui.learning.inference.sheet import sheet_in
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.pictures import enlarged

DIGITS, _ = draw_digits(2, seed=9)


def on_a_table(digit: int, share: float, degrees: float = 0, keystone: float = 0) -> Gray:
    """Photograph a sheet that takes a share of the picture's width, seen from the side."""
    ink = np.pad(enlarged(DIGITS[digit], 5), ((60, 200), (50, 110)))
    sheet = np.clip(230 - 0.8 * ink.astype(np.float32), 30, None)
    side = round(sheet.shape[1] / share)
    around = [((side - size) // 2, side - size - (side - size) // 2) for size in sheet.shape]
    photo = Image.fromarray(np.pad(sheet, around, constant_values=-1)).rotate(degrees, fillcolor=-1)
    across = (1 + keystone / 2, 0, -keystone * side / 4, 0, 1, 0, keystone / side, 0)
    seen = np.asarray(photo.transform(photo.size, Image.Transform.PERSPECTIVE, across, fillcolor=-1))
    grain = np.random.default_rng(0).normal(0, 3, seen.shape)
    return np.asarray(np.where(seen < 0, 70, seen) + grain, np.float32)


@pytest.mark.parametrize("share", [0.3, 0.6])
@pytest.mark.parametrize(("degrees", "keystone"), [(0, 0), (-4, 0), (6, 0), (0, 0.2)])
def test_the_digit_on_a_sheet_is_found_however_small_the_sheet(share: float, degrees: float, keystone: float) -> None:
    off = [
        np.abs(find_digit(on_a_table(number, share, degrees, keystone)).astype(int) - DIGITS[number]).mean()
        for number in range(2)
    ]
    assert np.mean(off) < 22, off


@pytest.mark.parametrize("degrees", [25, -40, 50, 140])
def test_a_sheet_at_an_angle_is_refused(degrees: float) -> None:
    with pytest.raises(EmnistTuiError, match="shows a page at an angle; photograph it upright"):
        sheet_in(on_a_table(0, 0.4, degrees))


def test_the_table_beside_a_sheet_takes_its_brightness() -> None:
    found = sheet_in(on_a_table(0, 0.5, 6))
    assert np.percentile(found[:8], 1) > 200
    assert np.percentile(found[:, -8:], 1) > 200


def halves() -> Gray:
    return np.where(np.arange(160) < 80, 110, 220)[None].repeat(200, axis=0).astype(np.float32)


def strokes() -> Gray:
    return np.asarray(np.pad(enlarged(DIGITS[0], 5), 30), np.float32)


@pytest.mark.parametrize("page", [halves(), strokes(), 255 - strokes()], ids=["a shadow", "light ink", "dark ink"])
def test_a_shadow_and_ink_are_no_sheet(page: Gray) -> None:
    assert sheet_in(page) is page


@pytest.mark.parametrize("shape", [(8, 8), (8, 900), (900, 8), (41, 40), (128, 41)])
def test_small_and_narrow_pictures_are_kept_or_cropped(shape: tuple[int, int]) -> None:
    page = np.full(shape, 20, np.float32)
    page[shape[0] // 4 : -(shape[0] // 4), shape[1] // 4 : -(shape[1] // 4)] = 220
    found = sheet_in(page)
    assert found is page or (found.size > 0 and found.min() > 200)
