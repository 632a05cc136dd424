"""Numbers that the maps of a layer show, and the cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.network.graph import INPUT, Node
from emnist_tui.analysis.network.layers import Layer
from emnist_tui.analysis.network.network import Array, Pass
from emnist_tui.tui.widgets.network.levels import LevelMemory, Scale
from emnist_tui.tui.widgets.network.names import title_of
from emnist_tui.tui.widgets.network.view import InsideView, Shown, resting_node

_POOLS = frozenset({"max_pool", "avg_pool"})
_WEIGHTED = frozenset({"conv", "linear"})
_MOST_KERNELS = 64  # of a filter, in one picture


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Maps of one layer, as the view shows them."""

    index: int
    layer: Layer
    node: Node
    """Operation whose values are shown."""
    pool: Node | None
    """Pooling that follows it in the layer."""
    maps: Array
    """Numbers shown, [C, rows, columns]; a vector is one map of its units, filled up with NaN."""
    pooled: Array | None
    """Numbers of the pooling, [C, rows, columns]."""
    is_vector: bool
    scale: Scale

    @property
    def count(self) -> int:
        return len(self.maps)

    @property
    def shape(self) -> tuple[int, int]:
        return self.maps.shape[1], self.maps.shape[2]


class Subject:
    """A view whose cursor is held within the network."""

    def __init__(self, view: InsideView, memory: LevelMemory) -> None:
        self.view = view
        self.memory = memory
        self.passed = view.passed
        self.layers: Sequence[Layer] = view.layers
        self.at = min(max(0, view.cursor.layer), len(self.layers))
        """Layer at the cursor; the number of layers for the input."""
        self._maps: dict[tuple[str, bool], LayerMaps | None] = {}

    @property
    def is_on_input(self) -> bool:
        return self.at == len(self.layers)

    @property
    def is_on_answer(self) -> bool:
        return self.at == len(self.layers) - 1

    @cached_property
    def hidden(self) -> range:
        """Layers before the answer."""
        return range(max(0, len(self.layers) - 1))

    def maps(self, index: int, node: Node | None = None, passed: Pass | None = None) -> LayerMaps | None:
        """Return the maps of a layer or of one of its nodes.

        None if no numbers are known.
        """
        layer = self.layers[index]
        node = node or layer.nodes[resting_node(layer)]
        key = (node.name, passed is not None)
        if key not in self._maps:
            self._maps[key] = self._maps_of(index, node, passed or self.passed)
        return self._maps[key]

    @cached_property
    def node(self) -> Node | None:
        """Operation at the cursor; None for the input."""
        if self.is_on_input:
            return None
        layer, place = self.layers[self.at], self.view.cursor.node
        return layer.nodes[resting_node(layer) if place is None else min(max(0, place), len(layer.nodes) - 1)]

    @cached_property
    def here(self) -> LayerMaps | None:
        """Maps of the operation at the cursor; None for the input."""
        return None if self.node is None else self.maps(self.at, self.node)

    def _maps_of(self, index: int, node: Node, passed: Pass) -> LayerMaps | None:
        layer = self.layers[index]
        numbers = self.numbers(node.name, passed)
        if numbers is None or not numbers.size:
            return None
        pool = _pool_after(layer, node)
        pooled = self.numbers(pool.name, passed) if pool else None
        maps, is_vector = as_maps(numbers)
        if pooled is not None:
            pooled = as_maps(pooled)[0]
            if len(pooled) != len(maps):  # of more maps, put together
                pool = pooled = None
        shown = [maps] if pooled is None else [maps, pooled]
        if self.view.other is not None:  # both networks share a scale
            both = (self.numbers(node.name, each) for each in (self.passed, self.view.other))
            shown += [np.asarray(each) for each in both if each is not None]
        scale = self.memory.scale(("maps", layer.title, node.name, self.view.shown), shown)
        return LayerMaps(index, layer, node, pool, maps, pooled, is_vector, scale)

    def numbers(self, name: str, passed: Pass) -> Array | None:
        """Return the numbers of a node that the view shows, if known."""
        view = self.view
        if view.shown is Shown.GRADIENTS:
            return _or_none(passed.gradients.get(name))
        values = passed.values.get(name)
        if view.shown is Shown.MOVED:
            before = view.before.values.get(name) if view.before else None
            return values - before if values is not None and before is not None else None
        return _or_none(values)

    def kernels(self, index: int, number: int, *, is_wide: bool = False) -> Array | None:
        """Return the weights of a filter as one picture.

        The kernels for several input maps are side by side in a grid, with NaN between.
        """
        weighted = self.weighted(index)
        weights = None if weighted is None else self.weights(weighted.weights["weight"])
        if weights is None or number >= len(weights):
            return None
        kernels = weights[number]
        return mosaic(kernels, is_wide=is_wide) if kernels.ndim == 3 else as_maps(kernels)[0][0]

    def weighted(self, index: int) -> Node | None:
        """Return the convolution or linear operation of a layer."""
        nodes = self.layers[index].nodes
        return next((node for node in nodes if node.operation in _WEIGHTED and "weight" in node.weights), None)

    def weights(self, key: str) -> Array | None:
        """Return weights, or with the view their gradient or movement."""
        weights = self.passed.network.weights.get(key)
        if self.view.shown is Shown.GRADIENTS:
            return _or_none(self.passed.weight_gradients.get(key))
        if self.view.shown is Shown.MOVED:
            before = self.view.before.network.weights.get(key) if self.view.before else None
            return weights - before if weights is not None and before is not None else None
        return _or_none(weights)

    def kernel_scale(self, index: int) -> Scale:
        """Return the scale of a layer's kernels, zero in the middle."""
        weighted = self.weighted(index)
        key = "" if weighted is None else weighted.weights["weight"]
        weights = self.weights(key)
        scale = self.memory.scale(("kernels", key, self.view.shown), [] if weights is None else [np.asarray(weights)])
        return Scale(scale.top, is_signed=True)

    @cached_property
    def map(self) -> int:
        """Map at the cursor; the unit of a vector."""
        maps = self.here
        if maps is None:
            return 0
        count = int(np.isfinite(maps.maps).sum()) if maps.is_vector else maps.count
        return min(max(0, self.view.cursor.map), max(0, count - 1))

    @cached_property
    def place(self) -> tuple[int, int]:
        """Row and column at the cursor."""
        maps = self.here
        rows, columns = maps.shape if maps else (28, 28)
        if maps and maps.is_vector:
            return self.map // columns, self.map % columns
        cursor = self.view.cursor
        return min(max(0, cursor.row), rows - 1), min(max(0, cursor.column), columns - 1)

    @cached_property
    def cell(self) -> Cell | None:
        """Cell at the cursor."""
        if self.is_on_input:
            return Cell(INPUT, (0, *self.place))
        maps = self.here
        if maps is None:
            return None
        value = self.passed.values.get(maps.node.name)
        if value is None or value.ndim not in (1, 3):
            return None
        index = (self.map, *self.place) if not maps.is_vector else (self.map, 0, 0)[: value.ndim]
        return Cell(maps.node.name, index)

    def title(self, index: int) -> str:
        return "input" if index == len(self.layers) else self.layers[index].title

    @property
    def operation_here(self) -> str:
        """Operation at the cursor, unless it stands for its layer."""
        if self.node is None or self.is_on_answer:
            return ""
        layer = self.layers[self.at]
        return "" if self.node is layer.nodes[resting_node(layer)] else title_of(self.node.operation)

    def lost(self, index: int, number: int) -> str:
        """Return `dead` or `saturated` for a map, else nothing."""
        layer = self.layers[index]
        return next((found for node in layer.nodes if (found := self.view.lost.get(node.name, {}).get(number))), "")

    def activity(self, index: int, number: int) -> float | None:
        """Return the share of test digits' cells that are active."""
        for node in reversed(self.layers[index].nodes):
            shares = self.view.activity.get(node.name)
            if shares is not None and number < len(shares):
                return float(shares[number])
        return None


def as_maps(numbers: Array, rows: int = 0) -> tuple[Array, bool]:
    """Return numbers as maps, and whether they were a vector.

    A vector is laid out in at most `rows` rows if they are given.
    """
    if numbers.ndim == 3 and numbers[0].size > 1:
        return np.asarray(numbers), False
    flat = np.asarray(numbers, np.float64).ravel()
    columns = max(1, min(len(flat), 10 if len(flat) <= 100 else int(np.ceil(np.sqrt(len(flat) * 2)))))
    columns = -(-len(flat) // rows) if rows else columns
    rows = -(-len(flat) // columns)
    filled = np.full(rows * columns, np.nan)
    filled[: len(flat)] = flat
    return filled.reshape(1, rows, columns), True


def mosaic(kernels: Array, *, is_wide: bool = False) -> Array:
    """Put kernels, [C, rows, columns], into one picture."""
    kernels = np.asarray(kernels, np.float64)[:_MOST_KERNELS]
    count, rows, columns = kernels.shape
    if count == 1:
        return np.asarray(kernels[0])
    gap = 0 if rows == columns == 1 else 1
    across = int(np.ceil(np.sqrt(count))) if count > 2 else 1 + is_wide
    down = -(-count // across)
    picture = np.full((down * (rows + gap) - gap, across * (columns + gap) - gap), np.nan)
    for number, kernel in enumerate(kernels):
        top, left = number // across * (rows + gap), number % across * (columns + gap)
        picture[top : top + rows, left : left + columns] = kernel
    return picture


def _pool_after(layer: Layer, node: Node) -> Node | None:
    """Return the pooling of a node's maps in its layer, if any."""
    known = {node.name}
    for each in layer.nodes[layer.nodes.index(node) + 1 :]:
        if not known.isdisjoint(each.inputs):
            if each.operation in _POOLS:
                return each
            known.add(each.name)
    return None


def _or_none(numbers: Array | None) -> Array | None:
    return None if numbers is None else np.asarray(numbers)
