"""Places in a network that the cursor stops at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.analysis.network.layers import Layer
from emnist_tui.analysis.network.network import Array, Pass
from emnist_tui.tui.widgets.network.view import Cursor

_SILENT = ("flatten", "identity", "reshape")
_JOINING = ("add", "multiply", "concat")  # whose inputs are worth a stop of their own


@dataclass(frozen=True)
class Stop:
    """The last value of its shape, or before it is joined."""

    layer: int
    """Index into the layers; their number is the input."""
    node: int
    """Index into the layer's nodes."""
    name: str
    """Name of the value."""


def stops_of(layers: Sequence[Layer], passed: Pass) -> list[Stop]:
    """List the input and each layer's values, one of each shape."""
    stops = [Stop(len(layers), 0, INPUT)]
    for number, layer in enumerate(layers):
        shown = [place for place, node in enumerate(layer.nodes) if node.operation not in _SILENT]
        for place in shown or [0]:
            name = layer.nodes[place].name
            is_same = stops[-1].layer == number and passed.values[name].shape == passed.values[stops[-1].name].shape
            if is_same and layer.nodes[place].operation not in _JOINING:
                stops.pop()
            stops.append(Stop(number, place, name))
    return stops


def stop_at(stops: Sequence[Stop], cursor: Cursor) -> int:
    """Return the position of the cursor's stop, or the next one."""
    is_input = cursor.layer == stops[0].layer
    places = [place for place, stop in enumerate(stops) if stop.layer == cursor.layer]
    if is_input or cursor.node is None or not places:
        return places[0] if places else len(stops) - 1
    return next((place for place in places if stops[place].node >= cursor.node), places[-1])


def size_of(value: Array) -> tuple[int, int, int]:
    """Return the maps, rows and columns of a value.

    A vector has one cell a map.
    """
    if value.ndim == 3:
        return value.shape[0], value.shape[1], value.shape[2]
    return value.size, 1, 1


def within(cursor: Cursor, value: Array) -> Cursor:
    """Return the cursor moved to the nearest cell that a value has."""
    maps, rows, columns = size_of(value)
    return replace(
        cursor,
        map=min(max(cursor.map, 0), maps - 1),
        row=min(max(cursor.row, 0), rows - 1),
        column=min(max(cursor.column, 0), columns - 1),
    )


def same_place(cursor: Cursor, before: Array, stop: Stop, after: Array) -> Cursor:
    """Return the cursor at the same part of another stop."""
    _, rows, columns = size_of(before)
    _, new_rows, new_columns = size_of(after)
    row = (2 * cursor.row + 1) * new_rows // (2 * rows)
    column = (2 * cursor.column + 1) * new_columns // (2 * columns)
    return within(Cursor(stop.layer, stop.node, cursor.map, row, column), after)


def strongest(stop: Stop, value: Array) -> Cursor:
    """Return the cursor on the first active map's largest cell."""
    maps = value.reshape(size_of(value))
    active = np.flatnonzero(maps.max(axis=(1, 2)) > 0)
    chosen = int(active[0]) if len(active) else 0
    row, column = np.unravel_index(int(maps[chosen].argmax()), maps[chosen].shape)
    return Cursor(stop.layer, stop.node, chosen, int(row), int(column))
