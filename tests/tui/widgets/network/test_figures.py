"""Figures: signs, equal decimals, and what is no number."""

import math

import pytest

from emnist_tui.tui.widgets.network.figures import grid, plain, round_number, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.128, "+1.13"), (-0.004, "0.00"), (0.0, "0.00"), (-2.5, "-2.50"), (math.nan, "–"), (math.inf, "–"),
     (2.5e7, "+2.5e7")],
)  # fmt: skip
def test_signed_figures(value: float, text: str) -> None:
    assert signed(value) == text


def test_a_plain_figure_has_a_sign_below_zero_only() -> None:
    assert (plain(7.69562, 4), plain(-0.5, 1)) == ("7.6956", "-0.5")


def test_cells_of_a_grid_have_equally_many_decimals() -> None:
    assert grid([[0.571, -1.1], [0.001, 0.0]], 5) == [[".57", "-1.10"], ["·", "·"]]
    assert grid([[0.571, -14.2]], 5) == [[".6", "-14.2"]]
    assert grid([[1e9, math.nan]], 4) == [["++++", "–"]]


@pytest.mark.parametrize(("value", "text"), [(8.0, "8"), (0.3, "0.3"), (0.00002, "2e-5"), (3e6, "3e6"), (0.0, "0")])
def test_ends_of_scales(value: float, text: str) -> None:
    assert round_number(value) == text


def test_a_grid_may_be_limited_to_one_decimal() -> None:
    assert grid([[-0.24, 1.23], [0.04, -1.1]], 4, 1) == [["-.2", "1.2"], ["·", "-1.1"]]
