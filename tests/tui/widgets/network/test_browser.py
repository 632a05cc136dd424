"""List of layers and pages of maps of a deep network."""

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.browser import draw_browser
from emnist_tui.tui.widgets.network.messages import CellChosen, LayerChosen
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import accurate


@pytest.mark.parametrize("size", [(66, 28), (108, 40)])
@pytest.mark.parametrize("layer", range(15))
def test_every_layer_is_listed_and_the_one_at_the_cursor_drawn(layer: int, size: tuple[int, int]) -> None:
    brush = brush_of(view_of(accurate(), Cursor(layer, None, 5, 1, 1)), *size)
    draw_browser(brush, Region(0, 0, *size))
    assert not is_drawn_over(brush), text_of(brush)
    text = text_of(brush)
    assert text.startswith("14 layers")
    assert all(f"conv {number}" in text for number in range(1, 14))
    assert "answer" in text


def test_the_page_of_the_map_at_the_cursor_is_shown_by_activity() -> None:
    shares = [number / 100 for number in range(48)]
    node = view_of(accurate()).layers[4].nodes[-1].name
    brush = brush_of(view_of(accurate(), Cursor(4, None, 47, 1, 1), activity={node: shares}), 66, 28)
    draw_browser(brush, Region(0, 0, 66, 28))
    text = text_of(brush)
    assert "8 of 48 maps by activity, page 1 of 6" in text
    assert "47 47 %" in text


def test_the_page_moves_with_the_cursor() -> None:
    brush = brush_of(view_of(accurate(), Cursor(4, None, 13, 1, 1)), 66, 28)
    draw_browser(brush, Region(0, 0, 66, 28))
    assert "8 of 48 maps, page 2 of 6" in text_of(brush)


def test_clicks_choose_layers_and_cells() -> None:
    brush = brush_of(view_of(accurate(), Cursor(4)), 66, 28)
    draw_browser(brush, Region(0, 0, 66, 28))
    row = next(row for row, line in enumerate(lines_of(brush)) if line.startswith("conv 7"))
    message = brush.canvas.hit(2, row)
    assert isinstance(message, LayerChosen)
    assert message.layer == 6
    assert isinstance(brush.canvas.hit(30, 2), CellChosen)
