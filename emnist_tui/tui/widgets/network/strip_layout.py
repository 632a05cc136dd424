"""Layout of a whole network in a few rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emnist_tui.tui.widgets.network.tile import Fit, fit

GAP = 2
"""Columns between two layers."""
_BETWEEN = 1  # columns between two maps of a layer
_WIDEST = 28  # columns of a map
_ROWS_OF_TWO = 7  # pixels in which two maps are below each other


@dataclass(frozen=True)
class Maps:
    """Number and size of a layer's maps."""

    count: int
    shape: tuple[int, int]
    cursor: int = 0
    """Position of the map that has to be among those shown."""


@dataclass(frozen=True)
class Column:
    """A layer in the strip."""

    layer: int
    x: int
    size: Fit
    across: int
    """Maps beside each other."""
    down: int
    """Maps below each other."""
    first: int
    """Position of the first map shown."""
    shown: int
    """Maps shown."""
    pitch: int
    """Rows from one map to the one below it."""

    @property
    def width(self) -> int:
        return _width(self.size, self.across)

    def place(self, number: int) -> tuple[int, int]:
        """Return the column and row of a map in the strip."""
        down, across = divmod(number - self.first, self.across)
        return self.x + across * (self.size.columns + _BETWEEN), down * self.pitch


@dataclass(frozen=True)
class _Choice:
    size: Fit
    down: int
    across: int

    @property
    def width(self) -> int:
        return _width(self.size, self.across)


def arrange(layers: Sequence[Maps], cursor: int, width: int, rows: int) -> list[Column]:
    """Fit as many layers as possible into a strip around the cursor.

    Then more and larger maps. `cursor` is the layer that has to be among those shown, `rows` are pixels, two a row.
    """
    if not layers:
        return []
    cursor = min(max(0, cursor), len(layers) - 1)
    choices = {cursor: _least(layers[cursor], rows)}
    before, after = cursor - 1, cursor + 1
    while before >= 0 or after < len(layers):
        grown = False
        for layer in (after, before):
            if 0 <= layer < len(layers) and layer not in choices:
                choice = _least(layers[layer], rows)
                if _total(choices.values()) + GAP + choice.width <= width:
                    choices[layer], grown = choice, True
        before, after = min(choices) - 1, max(choices) + 1
        if not grown:
            break
    _grow(choices, layers, cursor, width, rows)
    return _placed(choices, layers)


def _least(maps: Maps, rows: int) -> _Choice:
    down = 2 if maps.count > 1 and rows >= _ROWS_OF_TWO else 1
    return _Choice(_tile(maps.shape, rows if down == 1 else _half(rows)), down, 1)


def _half(rows: int) -> int:
    """Return the rows of each of two maps and a gap."""
    return (rows - 1) // 2 - ((rows - 1) // 2 + 1) % 2


def _tile(shape: tuple[int, int], rows: int) -> Fit:
    """Return the size of a map in some rows of pixels.

    A tiny one is twice as wide as it should be.
    """
    size = fit(shape, _WIDEST, (rows + 1) // 2, enlarge=3) or Fit(1, 1)
    if size.rows > rows:
        size = Fit(rows, max(1, rows * shape[1] // shape[0]))
    is_stretched = size.rows == shape[0] and shape[1] <= 8
    return Fit(size.rows, 2 * size.columns) if is_stretched else size


def _grow(choices: dict[int, _Choice], layers: Sequence[Maps], cursor: int, width: int, rows: int) -> None:
    """Add columns of maps, then enlarge layers that are shown whole."""
    order = sorted(choices, key=lambda layer: (abs(layer - cursor), layer))
    grown = True
    while grown:
        grown = False
        for layer in order:
            choice = choices[layer]
            if choice.across * choice.down < layers[layer].count:
                grown |= _try(choices, layer, _Choice(choice.size, choice.down, choice.across + 1), width)
    for layer in sorted(choices):
        choice, maps = choices[layer], layers[layer]
        if choice.down > 1 and choice.across * choice.down >= maps.count:
            _try(choices, layer, _Choice(_tile(maps.shape, rows), 1, maps.count), width)


def _try(choices: dict[int, _Choice], layer: int, choice: _Choice, width: int) -> bool:
    if _total(choices.values()) - choices[layer].width + choice.width > width:
        return False
    choices[layer] = choice
    return True


def _total(choices: Iterable[_Choice]) -> int:
    widths = [choice.width for choice in choices]
    return sum(widths) + GAP * (len(widths) - 1)


def _width(size: Fit, across: int) -> int:
    return across * (size.columns + _BETWEEN) - _BETWEEN


def _placed(choices: dict[int, _Choice], layers: Sequence[Maps]) -> list[Column]:
    columns, x = [], 0
    for layer in sorted(choices):
        choice, maps = choices[layer], layers[layer]
        shown = min(maps.count, choice.across * choice.down)
        first = min(max(0, maps.cursor - shown // 2), maps.count - shown) if maps.cursor >= shown else 0
        pitch = choice.size.rows // 2 + 1
        columns.append(Column(layer, x, choice.size, choice.across, choice.down, first, shown, pitch))
        x += choice.width + GAP
    return columns
