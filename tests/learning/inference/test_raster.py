"""Morphology and labels, compared with scipy's."""

import numpy as np
import pytest
from scipy import ndimage

from emnist_tui.learning.inference import raster

NOISE = np.random.default_rng(0).normal(100, 30, (40, 57)).astype(np.float32)


@pytest.mark.parametrize("length", [1, 2, 3, 8, 21])
def test_maxima_along_rows_are_those_of_scipy(length: int) -> None:
    expected = ndimage.maximum_filter1d(NOISE, length, axis=1, mode="nearest")
    np.testing.assert_array_equal(raster.along_rows(NOISE, length), expected)


@pytest.mark.parametrize("length", [2, 3, 8, 21])
def test_opening_and_closing_along_rows_are_those_of_scipy(length: int) -> None:
    wide = np.pad(NOISE, ((0, 0), (50, 50)))
    np.testing.assert_array_equal(
        raster.opened_along_rows(wide, length), ndimage.grey_opening(wide, (1, length), mode="constant")
    )
    np.testing.assert_array_equal(
        raster.closed_along_rows(wide, length), ndimage.grey_closing(wide, (1, length), mode="nearest")
    )


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 0.7, 1.0])
def test_components_are_those_of_scipy(share: float) -> None:
    mask = np.random.default_rng(1).random((30, 41)) < share
    labels, count = raster.components(mask)
    expected, expected_count = ndimage.label(mask, np.ones((3, 3)))
    assert count == expected_count
    assert len(np.unique(np.stack([labels.ravel(), expected.ravel()]), axis=1).T) == count + (not mask.all())
    np.testing.assert_array_equal(labels > 0, mask)


def test_closing_fills_strokes_and_keeps_wide_dark_regions() -> None:
    page = np.full((100, 120), 200, np.float32)
    page[:, 60:] = 90  # a shadow
    page[np.add.outer(np.arange(100), np.arange(120)) < 70] = 50  # another, with a diagonal edge
    written = page.copy()
    written[50:56, 30:90] = 10
    inner = slice(10, -10), slice(10, -10)
    np.testing.assert_array_equal(raster.closed(page, 10)[inner], page[inner])
    np.testing.assert_array_equal(raster.closed(written, 10)[inner], page[inner])


def test_otsus_threshold_parts_two_classes() -> None:
    values = np.append(np.random.default_rng(0).normal(10, 2, 900), np.random.default_rng(1).normal(80, 5, 100))
    assert 16 < raster.otsu(values) < 65
    assert raster.otsu(np.full(5, 7.0)) == 7


def test_resampling_takes_the_box() -> None:
    ramp = np.tile(np.arange(50, dtype=np.float32), (20, 1))
    np.testing.assert_allclose(raster.resized(ramp, (0, 10, 20, 30), 20, 20)[:, 2:-2], ramp[:, 12:28], atol=1e-3)
    assert raster.shrunk(ramp, 25).shape == (10, 25)
    assert raster.shrunk(ramp, 50) is ramp


def test_a_blur_keeps_the_mean_and_spreads() -> None:
    spot = np.zeros((31, 31), np.float32)
    spot[15, 15] = 1
    found = raster.blurred(spot, 2.0)
    assert found.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(found, ndimage.gaussian_filter(spot, 2.0, truncate=3), atol=1e-5)


def test_the_extent_excludes_its_end() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:4, 5:8] = True
    assert raster.extent(mask) == (2, 5, 4, 8)
