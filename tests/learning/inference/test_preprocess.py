"""Digits in pictures of any size, polarity, margin and lighting, framed as EMNIST's are."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.inference.preprocess import find_digit
from emnist_tui.learning.inference.raster import Gray
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.pictures import Bytes, enlarged, on_page

DIGITS, LABELS = draw_digits(30, seed=9)
FEW = 10
"""Number of digits for tests of many pictures each, about one a class."""


def found_in(pixels: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    return find_digit(pixels.astype(np.float32)).astype(np.int64)


def difference(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """Return the mean absolute difference of the pixels, in levels of 255."""
    return float(np.abs(one - other).mean())


# Variations that do not change the result


def test_a_digit_framed_as_in_emnist_hardly_changes() -> None:
    assert np.mean([difference(found_in(digit), digit.astype(np.int64)) for digit in DIGITS]) < 8


@pytest.mark.parametrize("digit", DIGITS[:FEW])
def test_the_polarity_does_not_change_the_result(digit: Bytes) -> None:
    assert difference(found_in(255 - digit), found_in(digit)) < 0.1


@settings(max_examples=40)
@given(
    digit=st.sampled_from(list(DIGITS[:FEW])),
    factor=st.integers(2, 8),
    left=st.integers(0, 300),
    top=st.integers(0, 300),
    paper=st.integers(120, 255),
    contrast=st.integers(40, 120),
    light=st.booleans(),
)
def test_size_place_paper_and_contrast_hardly_change_the_result(
    digit: Bytes, factor: int, left: int, top: int, paper: int, contrast: int, light: bool
) -> None:
    ink = np.pad(enlarged(digit, factor) / 255, ((top, 40), (left, 20)))
    page = np.round(paper - contrast * ink)
    assert difference(found_in(255 - page if light else page), found_in(digit)) < 14


@pytest.mark.parametrize("digit", DIGITS[:FEW])
def test_dust_and_a_hair_at_the_edge_are_removed(digit: Bytes) -> None:
    page = on_page(digit, 6, 60, 60, 60, 60)
    expected = found_in(page)
    page[10:13, 200:203] = 60
    page[270:274, 20:23] = 0
    assert difference(found_in(page), expected) < 2


def test_a_detached_stroke_is_kept() -> None:
    page = np.full((200, 200), 255, np.uint8)
    page[60:140, 95:105] = 0
    page[40:48, 80:120] = 0  # a bar above it
    found = found_in(page)
    assert (found.max(axis=1) > 127).sum() >= 20
    assert found[2:5, 10:18].max() > 127


@pytest.mark.parametrize("width", [1, 3, 7, 20])
def test_a_thin_stroke_is_thickened_to_emnists_width(width: int) -> None:
    """Expect 2 to 3 pixels where ink is at least half of full, for each width of the same bar."""
    page = np.full((300, 200), 255)
    page[50:250, 90 : 90 + width] = 20
    assert 2 <= (found_in(page)[8:20] > 127).sum(axis=1).mean() <= 3


def test_the_result_is_framed_as_in_emnist() -> None:
    page = np.full((300, 200), 230.0)
    page[50:250, 90:110] = 30
    found = found_in(page)
    assert (found.shape, found.max()) == ((28, 28), 255)
    inked = np.argwhere(found >= 26)
    assert inked[:, 0].min() in (1, 2, 3)
    assert inked[:, 0].max() in (24, 25, 26)
    assert abs(inked[:, 1].mean() - 13.5) < 0.6


# Pictures without a digit


def _blank(random: np.random.Generator) -> list[npt.NDArray[np.float64]]:
    y, x = np.mgrid[-1:1:200j, -1:1:300j]
    return [
        np.full((200, 300), 255.0),
        np.zeros((200, 300)),
        np.full((9, 9), 128.0),
        200 + random.normal(0, 10, (200, 300)),
        150 + 80 * x + 20 * y,
        150 + 60 * x * x - 30 * y + random.normal(0, 5, x.shape),
    ]


@pytest.mark.parametrize("page", _blank(np.random.default_rng(0)))
def test_blank_paper_is_refused(page: npt.NDArray[np.float64]) -> None:
    with pytest.raises(EmnistTuiError, match="nothing stands out from the paper"):
        found_in(page)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 7)])
def test_a_too_small_picture_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(EmnistTuiError, match="less than 8 pixels"):
        found_in(np.zeros(shape))


@settings(max_examples=60)
@given(
    height=st.integers(8, 60),
    width=st.one_of(st.integers(8, 60), st.integers(400, 1200)),
    seed=st.integers(0, 1 << 16),
    ink=st.sampled_from([0.001, 0.02, 0.3, 0.5, 0.98]),
)
def test_random_pictures_give_a_digit_or_an_error(height: int, width: int, seed: int, ink: float) -> None:
    pixels: Gray = np.where(np.random.default_rng(seed).random((height, width)) < ink, 0, 255).astype(np.float32)
    try:
        found = find_digit(pixels)
    except EmnistTuiError:
        return
    assert (found.shape, str(found.dtype), int(found.max())) == ((28, 28), "uint8", 255)
