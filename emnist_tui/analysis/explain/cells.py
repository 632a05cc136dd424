"""Cells of a network's values, and windows of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.graph import Graph, Node
from emnist_tui.analysis.network.network import Array

Places = NDArray[np.intp]
"""Indices into a value, along the last axis; -1 is outside, in the padding."""

RESHAPING = frozenset({"flatten", "reshape", "identity"})
"""Operations that pass all numbers on as they are."""


@dataclass(frozen=True)
class Cell:
    """One number of a node's value."""

    node: str
    """Name of the node, or `graph.INPUT`."""
    index: tuple[int, ...]
    """Index into the value: map, row and column, or the unit of a vector; all from 0."""


def cell_at(node: str, value: Array, map: int, row: int = 0, column: int = 0) -> Cell:
    """Return the cell of a map and place, clipped."""
    wanted = (map, row, column) if value.ndim == 3 else (map, row)[: value.ndim]
    return Cell(node, tuple(min(max(0, at), size - 1) for at, size in zip(wanted, value.shape, strict=True)))


def node_of(graph: Graph, name: str) -> Node | None:
    """Return the node of a name; None for the input."""
    return next((node for node in graph.nodes if node.name == name), None)


def unreshaped(graph: Graph, name: str) -> str:
    """Return the node whose numbers `name` passes on as they are.

    It is the last one before flattening and dropout, or `name` itself.
    """
    node = node_of(graph, name)
    while node is not None and node.operation in RESHAPING:
        name = node.inputs[0]
        node = node_of(graph, name)
    return name


def window(node: Node, kernel: Sequence[int], shape: Sequence[int], row: int, column: int) -> Places:
    """Return the places that a kernel covers for one output cell.

    Returns rows and columns, int [kernel rows, kernel columns, 2], both -1 outside of `shape`.
    """
    (down, across), (above, left) = stride_of(node, kernel), pair(node.settings, "padding", (0, 0))
    steps = pair(node.settings, "dilation", (1, 1))
    rows = row * down - above + steps[0] * np.arange(kernel[0])
    columns = column * across - left + steps[1] * np.arange(kernel[1])
    places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1)
    outside = (places < 0) | (places >= np.asarray(shape))
    places[outside.any(axis=-1)] = -1
    return places


def pair(settings: Mapping[str, Any], name: str, default: Sequence[int]) -> tuple[int, int]:
    """Return a setting of two numbers, for rows and columns."""
    first, second = settings.get(name) or default
    return int(first), int(second)


def stride_of(node: Node, kernel: Sequence[int]) -> tuple[int, int]:
    """Return the stride; a pooling's default is its kernel."""
    return pair(node.settings, "stride", (1, 1) if node.operation == "conv" else kernel)


def kernel_of(node: Node, weights: Mapping[str, Array]) -> tuple[int, int]:
    """Return the rows and columns of a convolution's or a pooling's kernel."""
    if node.operation == "conv":
        rows, columns = weights[node.weights["weight"]].shape[2:]
        return rows, columns
    return pair(node.settings, "kernel", (1, 1))


def consumers(graph: Graph, name: str) -> list[Node]:
    """Return the nodes that take a node's value, in order."""
    return [node for node in graph.nodes if name in node.inputs]
