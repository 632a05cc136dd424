"""Brush: groups of text, legends, cells with figures, and clicks on maps."""

import numpy as np
from textual.geometry import Region

from emnist_tui.tui.widgets.network.levels import Scale
from emnist_tui.tui.widgets.network.messages import CellChosen, LayerChosen, MapChosen
from emnist_tui.tui.widgets.network.tile import Fit
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, inks, lines_of, view_of
from tests.support.networks_in_numpy import accurate


def test_groups_that_fit_whole_are_put_beside_each_other() -> None:
    brush = brush_of(view_of(), 20, 2)
    plain = brush.inks["text"]
    groups = [[("one", plain)], [("two ", plain), ("2", plain)], [("three", plain)]]
    assert brush.line(0, 0, groups, 12) == 10
    assert brush.line(0, 1, groups, 20) == 17
    assert lines_of(brush) == ["one  two 2", "one  two 2  three"]


def test_a_legend_has_both_ends_in_figures() -> None:
    brush = brush_of(view_of(), 20, 3)
    brush.legend(0, 0, Scale(8.0), 20)
    brush.legend(0, 1, Scale(0.3, is_signed=True), 20)
    assert brush.legend(0, 2, Scale(8.0), 5) == 0
    assert lines_of(brush) == ["0  .-=+*%@ 8", "-0.3 dcba.1234 +0.3", ""]


def test_cells_have_figures_or_signs() -> None:
    brush = brush_of(view_of(), 12, 2)
    values = np.array([[1.5, -2.0]])
    brush.numbers((0, 0), "a", values, Scale(2.0, is_signed=True), 6, texts=brush.figures(values, 5))
    brush.numbers((0, 1), "b", values, Scale(2.0, is_signed=True), 2)
    assert lines_of(brush) == ["  1.50 -2.00", "+3-4"]


def test_tints_replace_signs_where_there_are_colors() -> None:
    brush = brush_of(view_of(), 12, 1, inks())
    brush.numbers((0, 0), "a", np.array([[1.5, -2.0]]), Scale(2.0, is_signed=True), 2)
    assert lines_of(brush) == [""]


def test_clicks_on_maps_vectors_and_titles() -> None:
    brush = brush_of(view_of(accurate(), Cursor(12)), 40, 12)
    vector = brush.subject.maps(12)
    assert vector is not None
    brush.map((0, 0), vector, 0, Fit(20, 20))
    brush.layer_spot(Region(30, 0, 5, 1), 4)
    brush.map_spot(Region(30, 1, 5, 1), 4, 7)
    cell = brush.canvas.hit(3, 1)
    assert isinstance(cell, CellChosen)
    assert (cell.map, cell.row, cell.column) == (11, 0, 0)
    assert isinstance(brush.canvas.hit(30, 0), LayerChosen)
    assert isinstance(brush.canvas.hit(30, 1), MapChosen)
