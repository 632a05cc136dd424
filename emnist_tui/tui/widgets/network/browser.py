"""List of layers, the map at the cursor, and pages of maps."""

from textual.geometry import Region

from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.cards import facts_of
from emnist_tui.tui.widgets.network.marks import marks_on
from emnist_tui.tui.widgets.network.subject import LayerMaps
from emnist_tui.tui.widgets.network.tile import Fit, fit
from emnist_tui.tui.widgets.network.view import ordered_maps

_GAP = 2
_FEW = 8
_HEIGHTS = (14, 10, 7, 5, 4, 3)
_BESIDE = 14  # columns of the weights beside a vector
_LIST = 26  # columns at most


def draw_browser(brush: Brush, area: Region) -> None:
    """Draw the list of layers, and the one at the cursor."""
    width = draw_layers(brush, Region(area.x, area.y, min(_LIST, area.width // 2), area.height))
    left = area.x + width + 3
    _draw_layer(brush, Region(left, area.y, area.right - left, area.height))


def draw_layers(brush: Brush, area: Region) -> int:
    """List the layers around the cursor; return the columns used."""
    subject = brush.subject
    count = len(subject.layers)
    brush.text(area.x, area.y, f"{formats.count(count)} layers", "quiet")
    rows = area.height - 1
    here = min(subject.at, count - 1)
    first = min(max(0, here - rows // 2), max(0, count - rows))
    indices = range(first, min(count, first + rows))
    titles = {index: subject.layers[index].title for index in indices}
    shapes = {index: _shape(brush, index) for index in indices}
    widest = max(len(title) for title in titles.values())
    width = min(area.width, widest + 2 + max(len(shape) for shape in shapes.values()))
    for row, index in enumerate(indices):
        y = area.y + 1 + row
        text = titles[index].ljust(widest)
        shape = shapes[index] if widest + 1 + len(shapes[index]) <= width else ""
        line = f"{text}{shape.rjust(width - len(text))}"
        brush.text(area.x, y, line, "chosen" if index == subject.at else "text" if subject.maps(index) else "quiet")
        brush.layer_spot(Region(area.x, y, width, 1), index)
    return width


def _shape(brush: Brush, index: int) -> str:
    maps = brush.subject.maps(index)
    if maps is None:
        return ""
    value = brush.subject.passed.values[maps.node.name]
    return "×".join(str(size) for size in value.shape)


def _draw_layer(brush: Brush, area: Region) -> None:
    subject = brush.subject
    index = min(subject.at, len(subject.layers) - 1)
    if subject.is_on_answer and subject.hidden:
        index = subject.hidden[-1]  # the answer itself is at the right
    maps = subject.here if index == subject.at else subject.maps(index)
    if maps is None:
        brush.text(area.x, area.y + 2, "no values", "quiet")
        return
    layer = maps.layer
    texts = [f"{layer.chain} · {layer.kind}"] * bool(layer.kind) + [layer.chain, layer.heading, layer.title]
    chain = next((text for text in texts if len(text) <= area.width), "")
    brush.text(area.x, area.y, chain, "title" if index == subject.at else "strong")
    number = subject.map if index == subject.at else 0
    space = (area.width - _BESIDE, area.height - 3) if maps.is_vector else (min(28, area.width), 14)
    large = fit(maps.shape, *space, enlarge=4) or Fit(1, 1)
    place = (area.x, area.y + 1)
    brush.map(place, maps, 0 if maps.is_vector else number, large, marks=marks_on(subject, maps, number))
    _draw_beside(
        brush,
        Region(area.x + large.columns + 2, area.y + 1, area.width - large.columns - 2, large.height),
        maps,
        number,
    )
    top = area.y + 1 + large.height
    x = area.x
    if not maps.is_vector:
        x = brush.line(area.x, top, facts_of(brush, index, number), area.right - 20) + 3
    brush.legend(x, top, maps.scale, area.right)
    top += 2
    if maps.count > 1:
        draw_page(brush, Region(area.x, top, area.width, area.bottom - top), maps, number)


def _draw_beside(brush: Brush, area: Region, maps: LayerMaps, number: int) -> None:
    """Draw pooled map, weights and legend beside the large map."""
    subject, y = brush.subject, area.y
    limit = area.bottom
    if maps.pooled is not None:
        shape = (maps.pooled.shape[1], maps.pooled.shape[2])
        size = fit(shape, area.width, min(7, limit - y - 1))
        if size is not None:
            brush.text(area.x, y, f"pool {shape[0]}×{shape[1]}", "quiet")
            marks = marks_on(subject, maps, number, is_pooled=True)
            brush.picture((area.x, y + 1), ("pool", maps.index, number), maps.pooled[number], size, maps.scale, marks)
            y += size.height + 1
    kernel = subject.kernels(maps.index, subject.map if maps.is_vector else number)
    if kernel is None:
        return
    rows, columns = kernel.shape
    size = fit((rows, columns), area.width // 2, limit - y - 1, enlarge=3)
    if size is not None and size.rows >= rows:
        brush.text(area.x, y, "weights", "quiet")
        size = Fit(size.rows, (2 if size.rows == rows else 1) * size.columns)
        brush.picture((area.x, y + 1), ("kernel", maps.index, number), kernel, size, subject.kernel_scale(maps.index))


def draw_page(brush: Brush, area: Region, maps: LayerMaps, number: int) -> None:
    """Draw the page of maps around the one at the cursor."""
    subject = brush.subject
    order = ordered_maps(subject.view, maps.index)
    size, across, down = _grid(maps, area)
    if size is None:
        return
    fits = across * down
    place = order.index(number) if number in order else 0
    first = place // fits * fits
    shown = order[first : first + fits]
    title = f"{formats.count(len(order))} maps{' by activity' if order != sorted(order) else ''}"
    if len(shown) < len(order):
        title = f"{len(shown)} of {title}, page {first // fits + 1} of {-(-len(order) // fits)}"
    brush.line(area.x, area.y, [[(title, brush.inks["quiet"])]], area.right)
    for position, each in enumerate(shown):
        x = area.x + position % across * (_pitch(size) + _GAP)
        y = area.y + 1 + position // across * (size.height + 1)
        brush.map((x, y), maps, each, size, marks=marks_on(subject, maps, each))
        chosen = each == number and maps.index == subject.at
        end = brush.text(x, y + size.height, str(each), "chosen" if chosen else "text")
        lost, share = subject.lost(maps.index, each), subject.activity(maps.index, each)
        text = lost or (formats.percent(share, 0) if share is not None else "")
        if text and end + 1 + len(text) <= x + _pitch(size):
            brush.text(end + 1, y + size.height, text, "bad" if lost else "quiet")
        brush.map_spot(Region(x, y + size.height, _pitch(size), 1), maps.index, each)


def _pitch(size: Fit) -> int:
    return max(size.columns, 7)


def _grid(maps: LayerMaps, area: Region) -> tuple[Fit | None, int, int]:
    """Return the size of the tiles, and columns and rows of them."""
    best: tuple[Fit | None, int, int] = (None, 0, 0)
    for height in _HEIGHTS:
        size = fit(maps.shape, area.width, height, enlarge=2)
        if size is None:
            continue
        across = (area.width + _GAP) // (_pitch(size) + _GAP)
        down = (area.height - 1) // (size.height + 1)
        if across * down >= 1:
            best = (size, across, down)
        if across * down >= min(_FEW, maps.count):
            break
    return best
