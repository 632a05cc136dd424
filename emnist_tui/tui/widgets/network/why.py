"""Lead of one class over another, by map and place."""

import numpy as np
from textual.geometry import Region

from emnist_tui.analysis.explain.shares import Shares, shares
from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.figures import signed
from emnist_tui.tui.widgets.network.levels import Scale
from emnist_tui.tui.widgets.network.subject import as_maps
from emnist_tui.tui.widgets.network.tile import Fit, fit

_VALUE = 7  # columns
_DECIMALS = 2


def draw_why(brush: Brush, area: Region) -> int:
    """Draw the parts and the lead; return the next row."""
    passed, view = brush.subject.passed, brush.subject.view
    answer, against = view.answer, view.against
    split = shares(passed, answer, against) if answer != against else None
    if split is None or area.height < 6:
        return area.y
    brush.text(area.x, area.y, f"{'A: ' if view.other else ''}why {answer}, not {against}", "strong")
    by_map, bias, lead = split.displayed(_DECIMALS)
    body = Region(area.x, area.y + 1, area.width, area.height - 4)
    shape = split.values.shape
    if len(shape) == 3 and shape[1] > 1 and len(by_map) * 3 <= body.height:
        used = _draw_maps(brush, body, split, by_map.tolist())
    else:
        used = _draw_list(brush, body, split, by_map.tolist())
    y = min(area.y + 1 + used, area.bottom - 3)
    brush.text(area.x, y, "bias", "quiet")
    brush.right(area.right, y, signed(bias))
    brush.text(area.x, y + 1, f"{answer} leads by", "text")
    brush.right(area.right, y + 1, signed(lead), "strong")
    return y + 2


def _draw_maps(brush: Brush, area: Region, split: Shares, by_map: list[float]) -> int:
    """Draw each map's parts, with its number and sum beside it."""
    products = split.products
    scale = Scale(brush.subject.memory.scale("why", [products]).top, is_signed=True)
    rows: int = products.shape[1]
    shape = (rows, products.shape[2])
    pitch = min(area.height // len(by_map), rows + 1)
    size = fit(shape, area.width - _VALUE - 1, pitch, enlarge=2) or Fit(1, 1)
    if size.rows == 2 * pitch:  # the maps would touch
        size = fit(shape, area.width - _VALUE - 1, pitch - 1, enlarge=2) or size
    if 2 * size.columns <= area.width - _VALUE - 1 and size.rows < 2 * rows:
        size = Fit(size.rows, 2 * size.columns)
    pitch = min(pitch, size.height + 1)
    for number, part in enumerate(by_map):
        y = area.y + number * pitch
        brush.picture((area.x, y), ("why", number), products[number], size, scale)
        brush.right(area.right, y, f"map {number}", "quiet")
        brush.canvas.right(area.right, y + 1, signed(part), brush.inks.sign(part))
    return len(by_map) * pitch


def _draw_list(brush: Brush, area: Region, split: Shares, by_map: list[float]) -> int:
    """List the largest parts, below a picture of a vector's."""
    top = area.y
    if split.values[0].size == 1 and len(by_map) > 8 and area.height > 9:
        picture = as_maps(split.products)[0][0]
        scale = Scale(brush.subject.memory.scale("why", [picture]).top, is_signed=True)
        size = fit((picture.shape[0], picture.shape[1]), area.width, 5)
        if size is not None:
            brush.picture((area.x, top), "why", picture, size, scale)
            top += size.height + 1
    order = np.argsort(-np.abs(by_map), kind="stable")
    room = max(0, area.bottom - top - 1)
    shown = order[:room] if len(order) > room + 1 else order
    unit = "unit" if split.values[0].size == 1 else "map"
    for row, number in enumerate(shown.tolist()):
        brush.text(area.x, top + row, f"{unit} {number}", "quiet")
        brush.canvas.right(area.right, top + row, signed(by_map[number]), brush.inks.sign(by_map[number]))
    if rest := order[len(shown) :].tolist():
        y = top + len(shown)
        more = sum(by_map[number] for number in rest)
        brush.text(area.x, y, f"{formats.count(len(rest))} more", "quiet")
        brush.canvas.right(area.right, y, signed(more), brush.inks.sign(more))
    return top - area.y + len(shown) + bool(rest)
