"""Stage of a layer: large map, arithmetic, and views without numbers."""

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.cell_stage import draw_cell_stage
from emnist_tui.tui.widgets.network.messages import CellChosen
from emnist_tui.tui.widgets.network.view import Cursor, Shown
from tests.support.inside_views import brush_of, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import accurate


def stage(width: int, height: int, cursor: Cursor, network: object = None, **parts: object) -> str:
    brush = brush_of(view_of(network, cursor, **parts), width, height)  # type: ignore[arg-type]
    draw_cell_stage(brush, Region(0, 0, width, height))
    assert not is_drawn_over(brush), text_of(brush)
    return text_of(brush)


def test_the_map_its_cell_and_its_sum_are_drawn() -> None:
    text = stage(78, 13, Cursor(0, None, 1, 9, 13))
    assert text.startswith("conv 1  0 1  cell 9,13")
    for part in ("product", "sum of 25", "bias", "before ReLU", "after ReLU", "pooled to", "active here", "map 0 "):
        assert part in text


@pytest.mark.parametrize("width", [40, 58, 78, 118, 160])
@pytest.mark.parametrize("layer", range(13))
def test_every_layer_of_a_deep_network_fits(layer: int, width: int) -> None:
    text = stage(width, 13, Cursor(layer, None, 3, 1, 1), accurate())
    assert f"conv {layer + 1}" in text


def test_the_scale_is_that_of_what_is_shown() -> None:
    assert "weights -" in stage(78, 13, Cursor(0, None, 1, 9, 13), shown=Shown.WEIGHTS)
    assert "map 0 " in stage(78, 13, Cursor(0, None, 1, 9, 13))


def test_the_pooling_is_named_with_its_place() -> None:
    assert stage(78, 13, Cursor(0, 2, 1, 3, 4)).startswith("pool  0 1  cell 3,4")


def test_the_maps_around_the_cursor_are_numbered() -> None:
    assert "conv 4  7/48  cell 1,1" in stage(78, 13, Cursor(3, None, 7, 1, 1), accurate())


def test_a_click_on_the_map_chooses_its_cell() -> None:
    brush = brush_of(view_of(None, Cursor(0, None, 1)), 78, 13)
    draw_cell_stage(brush, Region(0, 0, 78, 13))
    message = brush.canvas.hit(13, 5)
    assert isinstance(message, CellChosen)
    assert (message.layer, message.map, message.row, message.column) == (0, 1, 8, 13)


def test_numbers_that_nobody_knows_are_explained() -> None:
    assert "no epoch has ended" in stage(78, 13, Cursor(0), shown=Shown.MOVED)
    assert lines_of(brush_of(view_of(), 1, 1)) == [""]
