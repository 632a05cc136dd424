"""Everything at once."""

import numpy as np
import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.view import Cursor
from emnist_tui.tui.widgets.network.whole import draw_whole
from tests.support.inside_views import brush_of, is_drawn_over, text_of, view_of
from tests.support.networks_in_numpy import NETWORKS


@pytest.mark.parametrize("size", [(112, 34), (120, 35), (160, 45), (200, 55), (300, 80)])
@pytest.mark.parametrize("name", NETWORKS)
def test_all_parts_are_there(name: str, size: tuple[int, int]) -> None:
    view = view_of(NETWORKS[name](), Cursor(0, None, 0, 9, 13), occlusion=np.ones((28, 28)))
    brush = brush_of(view, *size)
    draw_whole(brush, Region(1, 1, size[0] - 2, size[1] - 1))
    assert not is_drawn_over(brush), text_of(brush)
    text = text_of(brush)
    for part in (
        "input 28×28",
        "hangs on",
        "conv 1",
        "answer",
        "why ",
        "leads by",
        "cell 9,13",
        "falls under 5×5 paper",
    ):
        assert part in text


@pytest.mark.parametrize("size", [(120, 35), (200, 55)])
def test_the_nearest_change_is_told_once(size: tuple[int, int]) -> None:
    reasons = (
        "5×5 of paper at 9,13 takes 2.00 off the lead of 2 over 8.",
        "Turned 6° clockwise, it is predicted as 2.",
    )
    view = view_of(cursor=Cursor(0, None, 0, 9, 13), occlusion=np.ones((28, 28)), reasons=reasons)
    brush = brush_of(view, *size)
    draw_whole(brush, Region(1, 1, size[0] - 2, size[1] - 1))
    assert not is_drawn_over(brush), text_of(brush)
    assert text_of(brush).count("Turned 6°") == 1
