"""Maps of two networks beside each other, and their difference."""

from dataclasses import dataclass, replace

import numpy as np
from rich.cells import cell_len
from textual.geometry import Region

from emnist_tui.analysis.network.network import Array
from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.answer_table import role_of
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.figures import signed
from emnist_tui.tui.widgets.network.levels import Scale
from emnist_tui.tui.widgets.network.marks import marks_on
from emnist_tui.tui.widgets.network.subject import LayerMaps
from emnist_tui.tui.widgets.network.tile import Fit, fit

_GAP = 2
_FIGURE = 9  # columns
_LEAST_SHARE = 0.0005  # that is not written as zero


@dataclass(frozen=True, eq=False)
class Pair:
    """Same map in both networks."""

    first: Array
    second: Array
    maps: LayerMaps

    @property
    def difference(self) -> Array:
        return self.second - self.first


def pair_at_cursor(brush: Brush) -> Pair | None:
    """Return the map at the cursor in both networks, if possible."""
    subject = brush.subject
    maps, other = subject.here, subject.view.other
    if maps is None or other is None:
        return None
    theirs = subject.maps(maps.index, maps.node, other)
    if theirs is None or theirs.maps.shape != maps.maps.shape:
        return None
    number = 0 if maps.is_vector else subject.map
    return Pair(maps.maps[number], theirs.maps[number], maps)


def draw_pair(brush: Brush, area: Region) -> int:
    """Draw both maps and their difference, with the cell's figures.

    Returns the row after them.
    """
    pair = pair_at_cursor(brush)
    if pair is None:
        brush.text(area.x, area.y, "the other network has no such map", "quiet")
        return area.y + 1
    shape = pair.maps.shape
    size, across = _size(shape, area)
    if size is None:
        return area.y
    names = [*_names(brush), "B - A"]
    place = brush.subject.place
    figures = [float(part[place]) for part in (pair.first, pair.second, pair.difference)]
    scale = brush.subject.memory.scale(("difference", pair.maps.node.name), [pair.difference])
    for position, (name, figure) in enumerate(zip(names, figures, strict=True)):
        x = area.x + position % across * (size.columns + _GAP)
        y = area.y + position // across * (size.height + 1)
        role = "strong" if position < 2 else "quiet"
        name = formats.shortened(formats.printable(name), max(5, size.columns - _FIGURE))
        room = size.columns - cell_len(name)
        number = next((text for digits in (4, 2, 1) if len(text := signed(figure, digits)) < room), "")
        brush.text(brush.text(x, y, name, role) + 1, y, number)
        _draw(brush, (x, y + 1), pair, position, size, scale)
    return y + 1 + size.height


def draw_pair_answers(brush: Brush, area: Region) -> None:
    """Draw a line for each network with its most probable classes."""
    other = brush.subject.view.other
    if other is None or area.height < 2:
        return
    for row, (letter, passed) in enumerate(zip("AB", (brush.subject.passed, other), strict=True)):
        order = np.argsort(-passed.probabilities, kind="stable").tolist()
        shares = [(digit, float(passed.probabilities[digit])) for digit in order]
        groups = [
            [(f"{digit} {formats.percent(share):>7}", brush.inks[role_of(passed, digit)])]
            for digit, share in shares if not share < _LEAST_SHARE
        ]  # fmt: skip
        brush.line(area.x, area.y + row, [[(letter, brush.inks["strong"])], *groups], area.right)


def _draw(brush: Brush, place: tuple[int, int], pair: Pair, position: int, size: Fit, scale: Scale) -> None:
    subject = brush.subject
    number = 0 if pair.maps.is_vector else subject.map
    marks = marks_on(subject, pair.maps, number)
    if position == 0:
        brush.map(place, pair.maps, number, size, marks=marks)
    elif position == 1:
        theirs = replace(pair.maps, maps=np.broadcast_to(pair.second, pair.maps.maps.shape))
        brush.map(place, theirs, number, size, marks=marks, of="other")
    else:
        key = ("difference", pair.maps.node.name, number)
        brush.picture(place, key, pair.difference, size, Scale(scale.top, is_signed=True), marks)


def _names(brush: Brush) -> list[str]:
    names = brush.subject.view.names
    return [f"{letter} {name}".strip() if name != letter else letter for letter, name in zip("AB", names, strict=True)]


def _size(shape: tuple[int, int], area: Region) -> tuple[Fit | None, int]:
    """Return the largest size, and how many maps are beside each other."""
    best: tuple[Fit | None, int] = (None, 1)
    for across in (3, 2, 1):
        down = -(-3 // across)
        size = fit(shape, (area.width + _GAP) // across - _GAP, area.height // down - 1, enlarge=4)
        if size is not None and (best[0] is None or size.rows > best[0].rows):
            best = (size, across)
    return best
