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
    for part in ("input 28×28", "hangs on", "conv 1", "answer", "why ", "leads by", "cell 9,13", "without it"):
        assert part in text
