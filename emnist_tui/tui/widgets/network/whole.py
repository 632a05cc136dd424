"""Everything at once, for large terminals."""

from collections.abc import Sequence

from textual.geometry import Region, Size

from emnist_tui.tui.widgets.network.answer_table import WIDTH, draw_answer
from emnist_tui.tui.widgets.network.answer_weights import draw_answer_weights
from emnist_tui.tui.widgets.network.box import draw_box, title_of_cell
from emnist_tui.tui.widgets.network.browser import draw_browser, draw_layers
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.cards import Stack, arrange_cards, draw_cards
from emnist_tui.tui.widgets.network.cell_stage import draw_details
from emnist_tui.tui.widgets.network.compare import draw_pair
from emnist_tui.tui.widgets.network.input_stage import draw_input, draw_occlusion, draw_reasons
from emnist_tui.tui.widgets.network.story import story_of
from emnist_tui.tui.widgets.network.tile import Fit
from emnist_tui.tui.widgets.network.why import draw_why

_GAP = 3
_LEAST = 33  # rows
_SIDE = 28
_LARGE = Size(180, 50)
"""Smallest space in which the input is twice as large."""
_WIDE, _WIDER = 150, 27  # columns of everything, and then of the answer
_BOXES = (14, 6, 5)  # rows of the arithmetic, frame included
_BELOW = 12  # rows of the arithmetic below the reason
_LEAST_MAPS = 28  # rows


def draw_whole(brush: Brush, area: Region) -> None:
    """Draw input, layers, arithmetic and answer beside each other."""
    above = area.height > _LEAST  # a row for the scales
    area = Region(area.x, area.y + above, area.width, area.height - above)
    times = 2 if area.width >= _LARGE.width and area.height >= _LARGE.height else 1
    size = Fit(_SIDE * times, _SIDE * times)
    draw_input(brush, area.x, area.y, size)
    below = area.y + size.height + 2
    beside = draw_occlusion(brush, Region(area.x, below, size.columns, area.bottom - below), Fit(_SIDE, _SIDE))
    reasons = brush.subject.view.reasons
    foot = "" if draw_reasons(brush, beside) else next(iter(reasons[1:]), "")
    width = WIDTH if area.width < _WIDE else _WIDER
    right = Region(area.right - width, area.y, width, area.height)
    after = draw_answer(brush, right)
    below_answer = Region(right.x, after + 1, width, area.bottom - after - 1)
    end = draw_answer_weights(brush, below_answer) or draw_why(brush, below_answer)
    left = area.x + size.columns + _GAP
    middle = Region(left, area.y, right.x - _GAP - left, area.height)
    if brush.subject.view.other is not None:
        _draw_pair(brush, middle, foot)
    elif area.bottom - end >= _BELOW and (stacks := _larger(brush, middle)):
        draw_cards(brush, middle, stacks)
        _draw_arithmetic(brush, Region(right.x, end + 1, width, area.bottom - end - 1))
    else:
        _draw_middle(brush, middle, foot)


def _larger(brush: Brush, area: Region) -> Sequence[Stack] | None:
    """Return cards that are larger without the arithmetic below them."""
    whole = arrange_cards(brush.subject, area.width, area.height)
    beside = arrange_cards(brush.subject, area.width, area.height - _BOXES[0])
    sizes = [sum(stack.card.map.columns for stack in stacks or ()) for stacks in (whole, beside)]
    return whole if sizes[0] > sizes[1] else None


def _draw_arithmetic(brush: Brush, area: Region) -> None:
    subject = brush.subject
    if subject.cell is not None:
        brush.line(area.x, area.y, [[(title_of_cell(subject), brush.inks["strong"])]], area.right)
        draw_details(brush, Region(area.x, area.y + 1, area.width, area.height - 1), story_of(subject, subject.cell))


def _draw_middle(brush: Brush, area: Region, foot: str) -> None:
    has_legends = True
    for rows in _BOXES:
        stacks = arrange_cards(brush.subject, area.width, area.height - rows)
        if stacks is not None:
            has_legends = draw_cards(brush, Region(area.x, area.y, area.width, area.height - rows), stacks)
            break
    else:
        rows = _box_rows(area)
        draw_browser(brush, Region(area.x, area.y, area.width, area.height - rows))
    draw_box(brush, Region(area.x, area.bottom - rows, area.width, rows), has_legend=not has_legends, foot=foot)


def _draw_pair(brush: Brush, area: Region, foot: str) -> None:
    """Draw layers, the map in both networks, and the first one's sum."""
    rows = _box_rows(area)
    height = area.height - rows
    width = draw_layers(brush, Region(area.x, area.y, area.width // 4, height)) + _GAP
    draw_pair(brush, Region(area.x + width, area.y, area.width - width, height))
    draw_box(brush, Region(area.x, area.bottom - rows, area.width, rows), foot=foot)


def _box_rows(area: Region) -> int:
    return next(rows for rows in _BOXES if area.height - rows >= _LEAST_MAPS or rows == _BOXES[-1])
