"""The matrix's two colors and those of curves, seen with color-blind eyes.

Simulated by the matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
Vision Deficiency", IEEE TVCG 15(6), 2009, at full severity; the distance of two colors is CIE 1976 ΔE.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from textual.color import Color
from textual.theme import Theme

from emnist_tui.tui.theme import DARK, LIGHT
from emnist_tui.tui.widgets.charts import overlay_chart

Vector = npt.NDArray[np.float64]

SEES = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)

CLEARLY_APART = 40.0  # ΔE; 2.3 is just noticeable
APART = 10.0  # of curves, which have their numbers too


def lab(color: str, eyes: str) -> Vector:
    """CIE L*a*b* of a color as these eyes see it."""
    srgb = np.array(Color.parse(color).normalized)
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(SEES[eyes]) @ linear, 0, 1)
    ratio = TO_XYZ @ seen / WHITE
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(first: str, second: str, eyes: str) -> float:
    return float(np.linalg.norm(lab(first, eyes) - lab(second, eyes)))


@pytest.mark.parametrize("eyes", SEES)
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_right_and_wrong_are_clearly_apart(theme: Theme, eyes: str) -> None:
    assert theme.secondary
    assert theme.warning
    assert distance(theme.secondary, theme.warning, eyes) > CLEARLY_APART


@pytest.mark.parametrize("eyes", SEES)
@pytest.mark.parametrize("colors", [overlay_chart._ON_DARK, overlay_chart._ON_LIGHT], ids=["dark", "light"])
def test_curves_are_apart(colors: tuple[str, ...], eyes: str) -> None:
    assert min(distance(*pair, eyes) for pair in combinations(colors, 2)) > APART


def test_the_measure_detects_a_bad_pair() -> None:
    assert distance("#00ff00", "#ff0000", "normal") > 3 * CLEARLY_APART
    assert distance("#6cc070", "#e5a84b", "deuteranopia") < CLEARLY_APART
