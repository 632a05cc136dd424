"""Products of a sum: grids of kernels, or a list."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from textual.geometry import Region

from emnist_tui.analysis.explain.arithmetic import Arithmetic, Terms
from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.analysis.network.network import Array
from emnist_tui.text import formats
from emnist_tui.tui.widgets.network.brush import Brush
from emnist_tui.tui.widgets.network.figures import plain, signed
from emnist_tui.tui.widgets.network.levels import Scale, rounded_up

_GAP = 3
_WIDE, _NARROW, _BARE = 6, 5, 2  # columns of a cell: figures with room, figures, tints only
_LIST = 30  # columns of a product in a list


@dataclass(frozen=True)
class Grid:
    """Columns of a cell in a kernel's three grids; 0 if omitted."""

    value: int
    weight: int
    product: int

    def width(self, columns: int) -> int:
        widths = [width * columns for width in (self.value, self.weight, self.product) if width]
        return sum(widths) + _GAP * (len(widths) - 1)


_GRIDS = (Grid(_NARROW, _NARROW, _WIDE), Grid(_BARE, _BARE, _WIDE), Grid(_BARE, _BARE, _NARROW), Grid(0, 0, _NARROW),
          Grid(_BARE, _BARE, _BARE), Grid(0, 0, _BARE))  # fmt: skip


def draw_terms(brush: Brush, area: Region, step: Arithmetic) -> int:
    """Draw the products of a sum; return the rows used."""
    if not step.terms or area.height < 2:
        return 0
    terms = step.terms[0]
    if len(step.terms) == 1 and terms.values.ndim == 3 and terms.values[0].size > 1 and step.operation == "conv":
        return _draw_kernels(brush, area, step, terms)
    return _draw_list(brush, area, step)


def _draw_kernels(brush: Brush, area: Region, step: Arithmetic, terms: Terms) -> int:
    maps, rows, columns = (int(size) for size in terms.values.shape)
    grid = next((grid for grid in _GRIDS if grid.width(columns) <= area.width), None)
    if grid is None or area.height < rows + 1:
        return _draw_list(brush, area, step)
    room = area.height - 1
    pitch = rows + 1 if maps > 1 else rows
    if maps * pitch - (maps > 1) > room and maps * rows <= room:
        pitch = rows
    beside = max(1, (area.width + _GAP) // (grid.width(columns) + 2 * _GAP)) if maps > 1 else 1
    shown = min(maps, beside * max(1, (room + pitch - rows) // pitch))
    products = step.displayed().products[0]
    order = range(maps) if shown == maps else _largest(products)[:shown]
    scales = _scales(terms, products)
    for position, number in enumerate(order):
        across, down = position % beside, position // beside
        x, y = area.x + across * (grid.width(columns) + 2 * _GAP), area.y + 1 + down * pitch
        source = _source(terms, number, maps)
        if down == 0:
            _headings(brush, x, area.y, grid, columns, source)
        elif pitch > rows and len(source) <= grid.width(columns):
            brush.text(x, y - 1, source, "text" if grid.value else "quiet")
        part = (terms.values[number], terms.weights[number], products[number])
        _draw_grids(brush, (x, y), grid, part, scales, terms.source == INPUT)
    used = 1 + -(-len(order) // beside) * pitch - (pitch - rows)
    rest = [number for number in range(maps) if number not in set(order)]
    if rest and used < area.height:
        more = float(products[rest].sum())
        brush.text(area.x, area.y + used, f"{formats.count(len(rest))} more maps {signed(more)}", "quiet")
        used += 1
    return used


def _scales(terms: Terms, products: Array) -> tuple[Scale, Scale, Scale]:
    low, high = float(terms.values.min(initial=0)), float(np.abs(terms.values).max(initial=0))
    values = Scale(1.0 if terms.source == INPUT and high <= 1 else rounded_up(high), low < 0)
    weights, parts = (
        Scale(rounded_up(float(np.abs(part).max(initial=0))), is_signed=True) for part in (terms.weights, products)
    )
    return values, weights, parts


def _largest(products: Array) -> list[int]:
    sums = np.abs(products.reshape(len(products), -1).sum(axis=1))
    return [int(number) for number in np.argsort(-sums, kind="stable")]


def _source(terms: Terms, number: int, maps: int) -> str:
    if terms.source == INPUT:
        return "ink" if terms.values.min() >= 0 and terms.values.max() <= 1 else "input"
    place = int(terms.places[number].reshape(-1, terms.places.shape[-1])[:, 0].max())
    return f"map {place}" if maps > 1 else "value"


def _headings(brush: Brush, x: int, y: int, grid: Grid, columns: int, source: str) -> None:
    if not grid.value:
        brush.text(x, y, f"{source} × weight"[: grid.product * columns], "quiet")
        return
    brush.text(x, y, source if len(source) <= grid.value * columns else "", "text")
    x += grid.value * columns + _GAP
    brush.text(x - 2, y, "×", "quiet")
    brush.text(x, y, "weight", "text")
    x += grid.weight * columns + _GAP
    brush.text(x - 2, y, "=", "quiet")
    brush.text(x, y, "product", "text")


def _draw_grids(
    brush: Brush, place: tuple[int, int], grid: Grid, part: Sequence[Array], scales: Sequence[Scale], is_ink: bool
) -> None:
    x, y = place
    for name, width, values, scale in zip(
        ("value", "weight", "product"), (grid.value, grid.weight, grid.product), part, scales, strict=True
    ):
        if not width:
            continue
        texts = brush.figures(values, width - 1) if width >= _NARROW else None
        is_input = name == "value" and is_ink
        brush.numbers((x, y), ("terms", name, place), values, scale, width, texts=texts, is_ink=is_input)
        x += width * values.shape[1] + _GAP


def _draw_list(brush: Brush, area: Region, step: Arithmetic) -> int:
    """Draw the largest products in as many columns as fit."""
    values = np.concatenate([terms.values.ravel() for terms in step.terms])
    weights = np.concatenate([np.broadcast_to(terms.weights, terms.values.shape).ravel() for terms in step.terms])
    products = np.concatenate([part.ravel() for part in step.displayed().products])
    order = np.argsort(-np.abs(products), kind="stable")
    beside = max(1, area.width // _LIST)
    rows = area.height - 1
    fits = beside * rows
    shown = order if len(order) <= fits else order[: max(0, fits - 1)]
    brush.text(area.x, area.y, "largest products" if len(shown) < len(order) else "products", "quiet")
    places = [_place(step, flat) for flat in range(len(values))] if len(values) <= 4096 else None
    for position, flat in enumerate(shown.tolist()):
        x, y = area.x + position // rows * _LIST, area.y + 1 + position % rows
        name = places[flat] if places else f"{flat}"
        end = brush.text(x, y, name.ljust(8)[:8], "quiet")
        brush.right(end + 6, y, plain(float(values[flat])), "text")
        brush.right(end + 14, y, f"× {signed(float(weights[flat]))}", "quiet")
        brush.canvas.right(end + 21, y, signed(float(products[flat])), brush.inks.sign(float(products[flat])))
    rest = len(order) - len(shown)
    if rest:
        more = float(products[order[len(shown) :]].sum())
        x, y = area.x + (fits - 1) // rows * _LIST, area.y + 1 + (fits - 1) % rows
        brush.text(x, y, f"{formats.count(rest)} more {signed(more)}", "quiet")
    return 1 + min(rows, len(order))


def _place(step: Arithmetic, flat: int) -> str:
    for terms in step.terms:
        if flat < terms.values.size:
            index = terms.places.reshape(-1, terms.places.shape[-1])[flat].tolist()
            return (
                "padding"
                if index[0] < 0
                else f"{index[0]}:{index[1]},{index[2]}"
                if len(index) == 3
                else str(index[-1])
            )
        flat -= terms.values.size
    return ""
