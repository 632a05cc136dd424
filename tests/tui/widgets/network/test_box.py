"""Framed arithmetic of the cell at the cursor."""

import re

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.box import draw_box
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import NETWORKS


def box(width: int, height: int, cursor: Cursor, name: str = "baseline") -> list[str]:
    brush = brush_of(view_of(NETWORKS[name](), cursor), width, height)
    draw_box(brush, Region(0, 0, width, height))
    assert not is_drawn_over(brush), text_of(brush)
    return lines_of(brush)


def test_a_cell_is_named_in_the_frame() -> None:
    lines = box(66, 6, Cursor(0, None, 1, 9, 13))
    assert lines[0].startswith("╭─ conv 1 · map 1 · cell 9,13 ─")
    assert lines[-1] == f"╰{'─' * 64}╯"
    assert re.search(r"20 more \S+   bias \S+   sum \S+ → ReLU \d\.\d{4} ", lines[3]) or "21 more" in lines[3]
    assert "pooled to 4,6" in lines[4]


def test_an_operation_that_does_not_stand_for_its_layer_is_named() -> None:
    assert box(66, 6, Cursor(0, 2, 1, 3, 4))[0].startswith("╭─ conv 1 pool · map 1 · cell 3,4 ─")


def test_a_norm_after_the_sum_has_a_line_of_its_own() -> None:
    lines = box(66, 6, Cursor(0, None, 0, 5, 5), "compact")
    assert re.search(r"more \S+   sum \S+ ", lines[3])
    assert re.search(r"norm × \S+ \S+ → norm \S+ → Mish \S+ ", lines[4])


def test_a_roomy_frame_has_the_whole_sum() -> None:
    text = "\n".join(box(80, 14, Cursor(0, None, 1, 9, 13)))
    assert "product" in text
    assert "sum of 25" in text


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("height", [5, 6, 14])
def test_every_layer_has_a_box(name: str, height: int) -> None:
    for layer in range(len(view_of(NETWORKS[name]()).layers) + 1):
        assert len(box(66, height, Cursor(layer, None, 1, 1, 1), name)) == height


def test_a_box_without_room_is_left_out() -> None:
    assert box(66, 3, Cursor(0)) == [""] * 3
