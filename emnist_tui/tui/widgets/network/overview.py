"""Strip of the whole network, from input to answer."""

from textual.geometry import Region

from emnist_tui.tui.widgets.network.answer_table import SHORT_WIDTH, draw_short_answer
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.marks import input_marks, marks_on
from emnist_tui.tui.widgets.network.strip_layout import GAP, Column, Maps, arrange
from emnist_tui.tui.widgets.network.tile import Fit
from emnist_tui.tui.widgets.network.view import ordered_maps

_SIDE = 28


def draw_overview(brush: Brush, area: Region, *, is_tight: bool = False) -> None:
    """Draw titles in the first row, and below them everything in small.

    If it is tight, the last half row stays free.
    """
    subject = brush.subject
    rows = 2 * (area.height - 1) - is_tight
    size = Fit(min(rows, _SIDE), min(rows, _SIDE))
    top = area.y + 1
    _title(brush, area.x, area.y, len(subject.layers), size.columns + GAP - 1)
    brush.digit((area.x, top), size, input_marks(subject))
    brush.layer_spot(Region(area.x, top, size.columns, size.height), len(subject.layers))
    answer = area.right - SHORT_WIDTH
    draw_short_answer(brush, Region(answer, area.y, SHORT_WIDTH, area.height), subject.passed)
    left = area.x + size.columns + GAP
    _draw_layers(brush, Region(left, area.y, answer - GAP + 1 - left, area.height), rows)


def _draw_layers(brush: Brush, area: Region, rows: int) -> None:
    subject = brush.subject
    known = {index: maps for index in subject.hidden if (maps := subject.maps(index)) is not None}
    orders = {index: ordered_maps(subject.view, index) for index in known}
    sizes = []
    indices = list(known)
    for index, maps in known.items():
        shape = maps.shape if maps.pooled is None else (maps.pooled.shape[1], maps.pooled.shape[2])
        place = orders[index].index(subject.map) if index == subject.at and subject.map in orders[index] else 0
        sizes.append(Maps(maps.count, shape, place))
    cursor = indices.index(subject.at) if subject.at in indices else (0 if subject.is_on_input else len(indices) - 1)
    columns = arrange(sizes, cursor, area.width, rows)
    for column in columns:
        index = indices[column.layer]
        following = next((each.x for each in columns if each.x > column.x), area.width + 1)
        _title(brush, area.x + column.x, area.y, index, following - column.x - 1)
        _draw_column(brush, area, column, index, orders[index])


def _draw_column(brush: Brush, area: Region, column: Column, index: int, order: list[int]) -> None:
    subject = brush.subject
    maps = subject.maps(index)
    assert maps is not None
    for position in range(column.first, column.first + column.shown):
        number = 0 if maps.is_vector else order[position] if position < len(order) else position
        x, y = column.place(position)
        place = (area.x + x, area.y + 1 + y)
        marks = marks_on(subject, maps, number, is_pooled=maps.pooled is not None)
        brush.small_map(place, maps, number, column.size, marks)
        brush.map_spot(Region(*place, column.size.columns, column.size.height), index, number)


def _title(brush: Brush, x: int, y: int, index: int, room: int) -> None:
    subject = brush.subject
    is_input = index == len(subject.layers)
    layer = None if is_input else subject.layers[index]
    texts = ["input 28×28", "input"] if layer is None else [layer.chain, layer.title, layer.title.replace(" ", "")]
    text = next((text for text in texts if len(text) <= room), "")
    brush.text(x, y, text, "title" if index == subject.at else "quiet")
    brush.layer_spot(Region(x, y, max(1, len(text)), 1), index)


def draw_titles(brush: Brush, area: Region) -> None:
    """Draw the titles around the cursor in a row."""
    subject = brush.subject
    order = [len(subject.layers), *range(len(subject.layers))]
    here = order.index(subject.at)
    texts = [f" {subject.title(index)} " for index in order]
    first = last = here
    while True:
        grown = False
        for start, stop in ((first, last + 1), (first - 1, last)):
            if start >= 0 and stop < len(order) and sum(map(len, texts[start : stop + 1])) + 4 <= area.width:
                first, last, grown = start, stop, True
        if not grown:
            break
    x = area.x
    if len(texts[here]) > area.width - 4:
        return
    if first:
        x = brush.text(x, area.y, "… ", "quiet")
    for place in range(first, last + 1):
        brush.layer_spot(Region(x, area.y, len(texts[place]), 1), order[place])
        x = brush.text(x, area.y, texts[place], "chosen" if place == here else "quiet")
    if last + 1 < len(order):
        brush.text(x, area.y, " …", "quiet")
