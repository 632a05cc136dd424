"""Weights of a filter in figures."""

import pytest
from rich.style import Style
from textual.geometry import Region

from emnist_tui.tui.widgets.network.filters import Grids, arrange_grids, draw_filter
from tests.support.inside_views import brush_of, inks, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import accurate


def test_figures_are_as_wide_as_they_can_be() -> None:
    assert arrange_grids(1, (5, 5), 38, 12) == Grids(7, 1, 11, 2)
    assert arrange_grids(1, (5, 5), 38, 9) == Grids(7, 1, 6)
    assert arrange_grids(2, (3, 3), 25, 5) == Grids(4, 2, 4)
    assert arrange_grids(2, (3, 3), 24, 6) == Grids(7, 1, 3)
    assert arrange_grids(2, (3, 3), 25, 5, narrowest=5) is None
    assert arrange_grids(48, (1, 1), 25, 5) is None


def test_all_weights_of_a_filter_are_written() -> None:
    brush = brush_of(view_of(), 31, 5)
    assert draw_filter(brush, Region(0, 0, 31, 5), 1, 3)
    assert not is_drawn_over(brush), text_of(brush)
    weights = brush.subject.passed.network.weights["layers.3.weight"][3]
    figures = [float(each) if each != "·" else 0 for each in lines_of(brush)[1].split()]
    assert figures == pytest.approx([*weights[0, 1], *weights[1, 1]], abs=0.051)


def test_cells_are_two_rows_tall_where_they_fit() -> None:
    brush = brush_of(view_of(), 38, 12, inks())
    assert draw_filter(brush, Region(0, 0, 38, 12), 0, 0)
    rows = brush.canvas.strips(Style())
    tints = [[segment.style and segment.style.bgcolor for segment in row.crop(0, 35)] for row in rows[:10]]
    assert tints[0::2] == tints[1::2]
    assert [bool(row.text.strip()) for row in rows[:10]] == [True, False] * 5


def test_a_filter_that_does_not_fit_is_not_written() -> None:
    brush = brush_of(view_of(accurate()), 25, 5)
    assert not draw_filter(brush, Region(0, 0, 25, 5), 5, 0)
    assert not draw_filter(brush, Region(0, 0, 25, 5), 13, 0)
    assert text_of(brush).strip() == ""


def test_tints_separate_figures_without_a_blank() -> None:
    brush = brush_of(view_of(), 25, 5, inks())
    assert draw_filter(brush, Region(0, 0, 25, 5), 1, 3)
