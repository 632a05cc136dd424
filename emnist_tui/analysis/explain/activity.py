"""Activity of a network's maps, and which are lost.

By the rules of `learning.inference.unit_activity`: a rectified map is dead if it is 0 for every digit at every place; a
map with two ends is saturated if it is within 1 % of its range from an end for every digit at every place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.explain.cells import node_of
from emnist_tui.analysis.explain.functions import FORMULAS
from emnist_tui.analysis.network.forward import in_chunks
from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.analysis.network.network import Array, Network
from emnist_tui.runs.unit_health import DEAD, SATURATED

_NEAR_END = 0.01  # of the range
_ENDS: Mapping[str, tuple[float, float]] = {"sigmoid": (0, 1), "tanh": (-1, 1), "hardsigmoid": (0, 1)}
_RECTIFIED = frozenset({"relu", "relu6"})
_CHUNK = 100

Values = Callable[[NDArray[np.uint8]], Mapping[str, Array]]
"""Function from images, uint8 [N, 28, 28], to the values of each node, with a batch axis."""


@dataclass(frozen=True, eq=False)
class Activity:
    """Activity of the maps behind each activation function."""

    images: int
    """Number of digits that were examined."""
    active: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Share of the digits' cells that are active, by node and map, 0 to 1.

    A cell is active above 0, or farther than 1 % of the range from both ends of a function that has two.
    """
    lost: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """`dead` or `saturated`, by node and map."""


@dataclass(eq=False)
class _Counts:
    active: Array
    cells: int
    is_alive: NDArray[np.bool_]


def activity(
    graph: Graph, values: Values, images: NDArray[np.uint8], is_stopped: Callable[[], bool] = lambda: False
) -> Activity | None:
    """Measure the activity of maps over images whose `values` anyone computes.

    Returns None if `is_stopped` became true between two chunks of images.
    """
    chunks = (images[start : start + _CHUNK] for start in range(0, len(images), _CHUNK))
    return _of_batches(graph, (values(chunk) for chunk in chunks), is_stopped)


def measure(
    network: Network, images: NDArray[np.uint8], is_stopped: Callable[[], bool] = lambda: False
) -> Activity | None:
    """Measure the activity of a network's maps over images.

    Images are uint8 [N, 28, 28]. Returns None if `is_stopped` became true in between.
    """
    with np.errstate(all="ignore"):  # a huge value between finite logits
        return _of_batches(network.graph, (values for _, values in in_chunks(network, images)), is_stopped)


def _of_batches(
    graph: Graph, batches: Iterable[Mapping[str, Array]], is_stopped: Callable[[], bool]
) -> Activity | None:
    counts: dict[str, _Counts] = {}
    nodes = [node for node in graph.nodes if node.operation in FORMULAS and "softmax" not in node.operation]
    images = 0
    for computed in batches:
        if is_stopped():
            return None
        images += len(computed[graph.nodes[-1].name])
        for node in nodes:
            _count(counts, node, np.asarray(computed[node.name]), are_last=_units_are_last(graph, node))
    lost = {node.name: _lost(node, counts[node.name].is_alive) for node in nodes if node.name in counts}
    return Activity(
        images,
        {name: (each.active / each.cells).tolist() for name, each in counts.items()},
        {name: units for name, units in lost.items() if units},
    )


def _count(counts: dict[str, _Counts], node: Node, values: Array, *, are_last: bool) -> None:
    units = np.moveaxis(values, -1 if are_last else 1, 0).reshape(values.shape[-1 if are_last else 1], -1)
    active, alive = _active(node, units)
    count = counts.setdefault(node.name, _Counts(np.zeros(len(units)), 0, np.zeros(len(units), bool)))
    count.active += active.sum(axis=1)
    count.cells += units.shape[1]
    count.is_alive |= alive.any(axis=1)


def _active(node: Node, values: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which cells are active, and which prove life.

    A cell that is no number shows that, too.
    """
    if ends := _ends(node):
        low, high = ends
        is_free = ~(np.abs(values - (low + high) / 2) >= (0.5 - _NEAR_END) * (high - low))
        return is_free, is_free
    is_above = values > 0
    return is_above, ~(values <= 0) if _is_rectified(node) else np.ones_like(is_above)


def _ends(node: Node) -> tuple[float, float] | None:
    """Return the lowest and highest value of a function that saturates."""
    if node.operation == "hardtanh":
        low, high = float(node.settings.get("low", -1)), float(node.settings.get("high", 1))
        return (low, high) if low else None
    return _ENDS.get(node.operation)


def _is_rectified(node: Node) -> bool:
    return node.operation in _RECTIFIED or (node.operation == "hardtanh" and _ends(node) is None)


def _lost(node: Node, is_alive: NDArray[np.bool_]) -> dict[int, str]:
    state = SATURATED if _ends(node) else DEAD
    return {int(unit): state for unit in np.flatnonzero(~is_alive)}


def _units_are_last(graph: Graph, node: Node) -> bool:
    """Return whether a function's units are along the last axis."""
    name = node.inputs[0]
    while name != INPUT and (before := node_of(graph, name)) is not None:
        if before.operation in ("conv", "linear"):
            return before.operation == "linear"
        name = before.inputs[0]
    return False
