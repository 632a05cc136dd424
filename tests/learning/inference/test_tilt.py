"""Pages at an angle told from upright ones and from shadows."""

import numpy as np
import pytest
from PIL import Image

from emnist_tui.learning.inference.raster import Gray
from emnist_tui.learning.inference.tilt import is_tilted

NOTHING = np.zeros((400, 300), bool)


def photographed(sheet: Gray, degrees: float) -> Gray:
    noise = np.random.default_rng(0).normal(0, 3, sheet.shape).astype(np.float32)
    return np.asarray(Image.fromarray(sheet + noise).rotate(degrees, Image.Resampling.BICUBIC)).astype(np.float32)


def on_a_table() -> Gray:
    return np.pad(np.full((280, 200), 220, np.float32), ((60, 60), (50, 50)), constant_values=60)


@pytest.mark.parametrize("degrees", [20, -35, 45, 70, 110, 160])
def test_a_turned_sheet_is_tilted(degrees: float) -> None:
    assert is_tilted(photographed(on_a_table(), degrees), NOTHING)


@pytest.mark.parametrize("degrees", [0, 4, -8, 90])
def test_an_upright_sheet_is_not_tilted(degrees: float) -> None:
    assert not is_tilted(photographed(on_a_table(), degrees), NOTHING)


@pytest.mark.parametrize("degrees", [20, 45, -30])
def test_one_edge_of_a_shadow_is_no_tilt(degrees: float) -> None:
    y, x = np.mgrid[-200:200, -150:150]
    inside = np.cos(np.radians(degrees)) * y + np.sin(np.radians(degrees)) * x > 30
    assert not is_tilted(np.where(inside, 110, 220).astype(np.float32), NOTHING)


def test_a_digits_own_strokes_are_no_tilt() -> None:
    seven = np.zeros((400, 300), np.uint8)
    seven[80:100, 50:240] = 255
    seven[80:320, 220:240] = 255
    strokes = np.asarray(Image.fromarray(seven).rotate(30)) > 0
    page = np.where(strokes, 30, 220).astype(np.float32)
    assert is_tilted(page, NOTHING)
    assert not is_tilted(page, strokes)
