"""Strip of the whole network, and the titles of a single stage."""

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.messages import ClassChosen, LayerChosen, MapChosen
from emnist_tui.tui.widgets.network.overview import draw_overview, draw_titles
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, is_drawn_over, lines_of, view_of
from tests.support.networks_in_numpy import accurate


def test_input_layers_and_answer_are_beside_each_other() -> None:
    brush = brush_of(view_of(), 80, 7)
    draw_overview(brush, Region(1, 0, 78, 7))
    titles = lines_of(brush)[0]
    assert titles.split() == "input 28×28 conv 1 → ReLU → pool conv 2 → σ → pool answer, %".split()  # noqa: SIM905
    assert not is_drawn_over(brush)
    hits = {x: brush.canvas.hit(x, 2) for x in (3, 16, 29, 45, 66)}
    assert isinstance(hits[3], LayerChosen)
    assert hits[3].layer == 3
    assert isinstance(hits[16], MapChosen)
    assert isinstance(hits[29], MapChosen)
    assert (hits[16].layer, hits[16].map, hits[29].layer, hits[29].map) == (0, 0, 0, 1)
    assert isinstance(hits[66], ClassChosen)


@pytest.mark.parametrize("layer", range(15))
def test_a_deep_network_shows_the_layers_around_the_cursor(layer: int) -> None:
    view = view_of(accurate(), Cursor(layer))
    brush = brush_of(view, 80, 7)
    draw_overview(brush, Region(1, 0, 78, 7))
    titles = lines_of(brush)[0]
    title = "input" if layer == len(view.layers) else view.layers[layer].title
    assert title.replace(" ", "") in titles.replace(" ", "")
    assert not is_drawn_over(brush)


@pytest.mark.parametrize("layer", range(15))
def test_titles_around_the_cursor_fit_into_a_line(layer: int) -> None:
    view = view_of(accurate(), Cursor(layer))
    brush = brush_of(view, 60, 1)
    draw_titles(brush, Region(1, 0, 58, 1))
    line = lines_of(brush)[0]
    assert ("input" if layer == len(view.layers) else view.layers[layer].title) in line
    assert line.count("…") >= 1
    assert not is_drawn_over(brush)
