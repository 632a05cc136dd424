"""Receptive field of a cell, and the cells that it feeds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.explain.cells import Cell, consumers, kernel_of, pair, stride_of
from emnist_tui.analysis.explain.functions import FORMULAS
from emnist_tui.analysis.explain.sums import arithmetic
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Node
from emnist_tui.analysis.network.network import Pass
from emnist_tui.runs.task import SIDE

Mask = NDArray[np.bool_]

_POINTWISE = frozenset({*FORMULAS, "batch_norm", "identity", "add", "multiply"}) - {"softmax", "log_softmax"}
_WINDOWED = frozenset({"conv", "max_pool", "avg_pool"})


@dataclass(frozen=True, eq=False)
class Field:
    """Pixels that a cell's value can depend on."""

    mask: Mask
    """bool [28, 28]."""
    is_known: bool = True
    """False if an unknown operation is on the way, which may take any pixel."""

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, and exclusive bottom and right; 0 if empty."""
        rows, columns = np.flatnonzero(self.mask.any(axis=1)), np.flatnonzero(self.mask.any(axis=0))
        if not len(rows):
            return 0, 0, 0, 0
        return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def receptive_field(passed: Pass, cell: Cell) -> Field:
    """Return the pixels that a cell can depend on.

    By the connections alone, whatever the weights: padding is clipped, and residual paths are joined.
    """
    reached: dict[str, Mask] = {cell.node: np.zeros(passed.values[cell.node].shape, bool)}
    reached[cell.node][cell.index] = True
    is_known = True
    for node in reversed(passed.network.graph.nodes):
        mask = reached.pop(node.name, None)
        if mask is None:
            continue
        is_known &= node.operation != UNKNOWN
        for position, source in enumerate(node.inputs):
            found = _behind(passed, node, mask, source, position)
            reached[source] = reached[source] | found if source in reached else found
    image = reached.get(INPUT)
    pixels = np.zeros((1, SIDE, SIDE), bool) if image is None else image.reshape(-1, SIDE, SIDE)
    return Field(np.asarray(pixels.any(axis=0)), is_known)


def _behind(passed: Pass, node: Node, mask: Mask, source: str, position: int) -> Mask:
    """Return which cells of a source a node's cells need."""
    shape = passed.values[source].shape
    if node.operation in _POINTWISE:
        return _unbroadcast(mask, shape)
    if node.operation in _WINDOWED:
        return _under_kernel(passed, node, mask, shape)
    if node.operation in ("flatten", "reshape"):
        return mask.reshape(shape)
    if node.operation == "concat":
        axis = int(node.settings.get("axis", 0))
        start = sum(passed.values[name].shape[axis] for name in node.inputs[:position])
        return np.take(mask, range(start, start + shape[axis]), axis)
    if node.operation == "mean":
        axes = tuple(int(axis) % len(shape) for axis in node.settings["axes"])
        kept = mask if node.settings.get("keepdims") else np.expand_dims(mask, axes)
        return np.array(np.broadcast_to(kept, shape))
    if node.operation == "linear":
        return np.array(np.broadcast_to(mask.any(axis=-1, keepdims=True), shape))
    if node.operation == "layer_norm":
        axes = tuple(range(len(shape) - int(node.settings.get("axes", 1)), len(shape)))
        return np.array(np.broadcast_to(mask.any(axis=axes, keepdims=True), shape))
    if node.operation == "group_norm":
        groups = np.asarray(mask.reshape(int(node.settings["groups"]), -1).any(axis=1))
        return np.repeat(groups, mask.size // len(groups)).reshape(shape)
    return np.full(shape, mask.any())  # of all, such as softmax or an unknown operation


def _unbroadcast(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Join a mask over the axes along which a source was repeated."""
    extra = mask.ndim - len(shape)
    mask = np.asarray(mask.any(axis=tuple(range(extra)))) if extra > 0 else mask
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and mask.shape[axis] > 1)
    return np.array(mask.any(axis=repeated, keepdims=True)) if repeated else mask


def _under_kernel(passed: Pass, node: Node, mask: Mask, shape: tuple[int, ...]) -> Mask:
    """Return which cells the kernel covers for any marked output."""
    kernel = kernel_of(node, passed.network.weights)
    strides, padding = stride_of(node, kernel), pair(node.settings, "padding", (0, 0))
    steps = pair(node.settings, "dilation", (1, 1))
    groups = int(node.settings.get("groups", 1)) if node.operation == "conv" else shape[0]
    by_group = mask.reshape(groups, -1, *mask.shape[1:]).any(axis=1)
    ends = [(mask.shape[axis + 1] - 1) * strides[axis] + 1 for axis in (0, 1)]
    sizes = [
        max(ends[axis] + (kernel[axis] - 1) * steps[axis], shape[axis + 1] + padding[axis]) for axis in (0, 1)
    ]  # of the padded maps
    padded = np.zeros((groups, *sizes), bool)
    for row, column in np.ndindex(kernel):
        top, left = row * steps[0], column * steps[1]
        padded[:, top : top + ends[0] : strides[0], left : left + ends[1] : strides[1]] |= by_group
    clipped = padded[:, padding[0] :, padding[1] :][:, : shape[1], : shape[2]]
    return np.repeat(clipped, shape[0] // groups, axis=0)


@dataclass(frozen=True)
class Use:
    """A node that takes a cell, and which of its cells do."""

    node: str
    operation: str
    cells: tuple[Cell, ...]
    """Cells of the node that take it, of a pooling, an activation or the like."""
    count: int
    """Number of the node's cells that take it."""
    won: tuple[bool, ...] = ()
    """Whether it is the largest of each cell's window; of a max-pooling."""


_MOST_LISTED = 16


def uses(passed: Pass, cell: Cell) -> list[Use]:
    """Return the nodes that take a cell's value, with their cells.

    Up to 16 cells are listed; of a convolution or a linear layer there are usually more, and they are only counted.
    """
    found = []
    for node in consumers(passed.network.graph, cell.node):
        mask = _ahead(passed, node, cell)
        indices = np.argwhere(mask)
        listed = tuple(Cell(node.name, tuple(int(at) for at in index)) for index in indices)
        listed = listed if len(listed) <= _MOST_LISTED else ()
        won = tuple(_won(passed, cell, each) for each in listed) if node.operation == "max_pool" else ()
        found.append(Use(node.name, node.operation, listed, len(indices), won))
    return found


def destination(passed: Pass, cell: Cell) -> Use | None:
    """Return the pooling that a cell goes to through activations and norms.

    None if it goes elsewhere, or to several nodes.
    """
    here = cell
    while True:
        following = consumers(passed.network.graph, here.node)
        if len(following) != 1:
            return None
        if following[0].operation in ("max_pool", "avg_pool"):
            return uses(passed, here)[0]
        if following[0].operation not in _POINTWISE or len(following[0].inputs) != 1:
            return None
        here = Cell(following[0].name, cell.index)


def _ahead(passed: Pass, node: Node, cell: Cell) -> Mask:
    """Return which cells of a node take the cell."""
    shape, source = passed.values[node.name].shape, passed.values[cell.node].shape
    if node.operation in _WINDOWED:
        return _over_kernel(passed, node, cell, shape, source)
    mask = np.zeros(source, bool)
    mask[cell.index] = True
    if node.operation in _POINTWISE:
        return np.array(np.broadcast_to(mask, shape))
    if node.operation in ("flatten", "reshape"):
        return mask.reshape(shape)
    if node.operation == "mean":
        axes = tuple(int(axis) % len(source) for axis in node.settings["axes"])
        return np.asarray(mask.any(axis=axes, keepdims=bool(node.settings.get("keepdims"))))
    if node.operation == "linear":
        return np.array(np.broadcast_to(mask.any(axis=-1, keepdims=True), shape))
    if node.operation == "concat":
        parts = [mask if name == cell.node else np.zeros(passed.values[name].shape, bool) for name in node.inputs]
        return np.concatenate(parts, int(node.settings.get("axis", 0)))
    if node.operation in ("layer_norm", "group_norm"):
        return _behind(passed, node, mask, cell.node, 0)  # who shares a mean, takes each other
    return np.ones(shape, bool)


def _over_kernel(passed: Pass, node: Node, cell: Cell, shape: tuple[int, ...], source: tuple[int, ...]) -> Mask:
    """Return which outputs have the cell under their kernel."""
    kernel = kernel_of(node, passed.network.weights)
    strides, padding = stride_of(node, kernel), pair(node.settings, "padding", (0, 0))
    steps = pair(node.settings, "dilation", (1, 1))
    groups = int(node.settings.get("groups", 1)) if node.operation == "conv" else source[0]
    takes = []
    for axis in (0, 1):
        offsets = cell.index[axis + 1] + padding[axis] - strides[axis] * np.arange(shape[axis + 1])
        takes.append((offsets >= 0) & (offsets % steps[axis] == 0) & (offsets // steps[axis] < kernel[axis]))
    group = cell.index[0] // (source[0] // groups)
    maps = np.arange(shape[0]) // (shape[0] // groups) == group
    return np.asarray(maps[:, None, None] & takes[0][None, :, None] & takes[1][None, None, :])


def _won(passed: Pass, cell: Cell, pooled: Cell) -> bool:
    step = arithmetic(passed, pooled)
    return tuple(step.terms[0].places.reshape(-1, 3)[step.winner or 0]) == cell.index
