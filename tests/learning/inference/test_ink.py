"""Ink separated from paper in any light."""

import numpy as np
import pytest

from emnist_tui.learning.inference.ink import separate_ink, spread
from emnist_tui.learning.inference.raster import Gray
from emnist_tui.runs.errors import EmnistTuiError

RING = np.hypot(*np.mgrid[-75:75, -55:65])
RING = (RING > 25) & (RING < 35)
"""A ring whose inside is as narrow as a stroke may be."""


def page(light: float | Gray) -> Gray:
    noise = np.random.default_rng(0).normal(0, 2, RING.shape)
    return np.asarray(light * (1 - 0.8 * RING) + noise, np.float32)


def shadowed() -> Gray:
    return np.where(np.arange(RING.shape[1]) < 60, 220, 90)[None].astype(np.float32)


@pytest.mark.parametrize("light", [220, shadowed()], ids=["even", "half in a shadow"])
def test_ink_is_found_exactly(light: float | Gray) -> None:
    assert (separate_ink(page(light)).mask == RING).mean() > 0.995


def test_light_ink_is_found_on_dark_paper() -> None:
    assert (separate_ink(255 - page(220)).mask == RING).mean() > 0.995


def test_ink_has_the_same_contrast_in_a_shadow() -> None:
    contrast = separate_ink(page(shadowed())).contrast
    lit, dark = (contrast[:, half][RING[:, half]].mean() for half in (slice(0, 55), slice(65, None)))
    assert lit == pytest.approx(dark, rel=0.05)


def test_a_dark_table_around_light_paper_is_not_taken_for_the_paper() -> None:
    table = np.full((190, 160), 40, np.float32)
    table[20:170, 20:140] = page(220)
    found = separate_ink(table)
    assert (found.mask[25:165, 25:135] == RING[5:145, 5:115]).mean() > 0.99


@pytest.mark.parametrize("step", [0.0, 0.5])
def test_a_shadow_alone_is_no_ink(step: float) -> None:
    light = np.where(np.arange(120) < 60, 220, 220 * (1 - step))[None] * np.ones((150, 1))
    with pytest.raises(EmnistTuiError, match="nothing stands out from the paper"):
        separate_ink(np.asarray(light + np.random.default_rng(0).normal(0, 3, light.shape), np.float32))


def test_the_spread_is_the_standard_deviation_whatever_few_values_are() -> None:
    values = np.random.default_rng(0).normal(0, 3, 10_000)
    values[:500] = 200
    assert spread(values) == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("sides", [1, 3, 4])
@pytest.mark.parametrize("pencil", [60, 100])
def test_faint_ink_is_found_beside_a_black_edge(sides: int, pencil: float) -> None:
    ring = np.pad(RING, 40)
    scan = np.random.default_rng(0).normal(220 - pencil * ring, 2).astype(np.float32)
    for side in range(sides):
        np.rot90(scan, side)[:14] = 5
    found = separate_ink(scan).mask[40:-40, 40:-40]
    assert (found == RING).mean() > 0.99
