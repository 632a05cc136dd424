"""Everything at once, for large terminals."""

from textual.geometry import Region

from emnist_tui.tui.widgets.network.answer_table import WIDTH, draw_answer
from emnist_tui.tui.widgets.network.box import draw_box
from emnist_tui.tui.widgets.network.browser import draw_browser
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.cards import arrange_cards, draw_cards
from emnist_tui.tui.widgets.network.input_stage import draw_input, draw_occlusion
from emnist_tui.tui.widgets.network.tile import Fit
from emnist_tui.tui.widgets.network.why import draw_why

_GAP = 3
_SIDE = 28
_LARGE_WIDTH, _LARGE_HEIGHT = 180, 50  # of a space in which the input is twice as large
_WIDE = 150
_BOXES = (14, 6, 5)  # rows of the arithmetic, frame included
_LEAST_MAPS = 28  # rows


def draw_whole(brush: Brush, area: Region) -> None:
    """Draw input, layers, arithmetic and answer beside each other."""
    area = Region(area.x, area.y + 1, area.width, area.height - 1)
    times = 2 if area.width >= _LARGE_WIDTH and area.height >= _LARGE_HEIGHT else 1
    size = Fit(_SIDE * times, _SIDE * times)
    draw_input(brush, area.x, area.y, size)
    below = area.y + size.height + 2
    draw_occlusion(brush, Region(area.x, below, size.columns, area.bottom - below), Fit(_SIDE, _SIDE))
    width = WIDTH if area.width < _WIDE else 28
    right = area.right - width
    after = draw_answer(brush, Region(right, area.y, width, area.height))
    draw_why(brush, Region(right, after + 1, width, area.bottom - after - 1))
    left = area.x + size.columns + _GAP
    _draw_middle(brush, Region(left, area.y, right - _GAP - left, area.height))


def _draw_middle(brush: Brush, area: Region) -> None:
    for rows in _BOXES:
        stacks = arrange_cards(brush.subject, area.width, area.height - rows)
        if stacks is not None:
            draw_cards(brush, Region(area.x, area.y, area.width, area.height - rows), stacks)
            break
    else:
        rows = next(rows for rows in _BOXES if area.height - rows >= _LEAST_MAPS or rows == _BOXES[-1])
        draw_browser(brush, Region(area.x, area.y, area.width, area.height - rows))
    draw_box(brush, Region(area.x, area.bottom - rows, area.width, rows))
