"""Forward pass of a network in numpy."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from emnist_tui.analysis.network.folding import fold_norm
from emnist_tui.analysis.network.gradients import with_gradients
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Node
from emnist_tui.analysis.network.network import Array, Network, Pass
from emnist_tui.analysis.network.operations import IMPLEMENTED
from emnist_tui.analysis.network.operations.operation import Call, images_first
from emnist_tui.analysis.network.shapes import costs_of, shapes_of
from emnist_tui.runs.task import CLASSES

_CACHE = 1 << 22  # bytes that a chunk may fill
_MOST_HELD = 1 << 25  # bytes that a chunk of few images may fill
_FEW, _MOST = 32, 256  # images of a chunk: with fewer, numpy's calls take most of the time


def examine(network: Network, image: NDArray[np.uint8], true: int | None = None) -> Pass:
    """Compute every value of a network for an image, uint8 [28, 28].

    With its true class, the gradients of the loss as well.
    """
    values = forward(network, image[None], np.float64)
    passed = Pass(network, image, {name: value[0] for name, value in values.items()}, true)
    return passed if true is None else with_gradients(passed)


def forward(network: Network, images: NDArray[np.uint8], dtype: type = np.float32) -> dict[str, Array]:
    """Compute every value of a network for images, uint8 [N, 28, 28].

    Returns the values with the batch axis first, by node. For many images, `in_chunks` takes less memory and time.
    Raises `ValueError` for a network that numpy cannot compute.
    """
    ink = images_first(images.transpose(1, 2, 0)[None].astype(dtype, order="C")) / 255
    return propagate(network, ink * network.scale.factor + network.scale.offset)


def propagate(network: Network, inputs: Array) -> dict[str, Array]:
    """Compute every value from the network's input, [N, 1, rows, columns].

    In the input's dtype, otherwise as `forward`.
    """
    values: dict[str, Array] = {INPUT: inputs}
    weights = network.exact if inputs.dtype == np.float64 else _cast(network.weights, inputs.dtype)
    with np.errstate(all="ignore"):  # diverged weights are large
        for node in network.graph.nodes:
            taken = [values[name] for name in node.inputs]
            values[node.name] = compute(node, taken, {role: weights[key] for role, key in node.weights.items()})
    return values


def compute(node: Node, inputs: Sequence[Array], weights: Mapping[str, Array]) -> Array:
    """Compute a node's value from its inputs, and its weights by role.

    All values have a batch axis. Raises `ValueError` for an operation that only torch can compute.
    """
    if node.operation == UNKNOWN:
        raise ValueError(f"{node.name!r} is not computed in numpy")
    return IMPLEMENTED[node.operation].forward(Call(inputs, weights, node.settings))


def in_chunks(
    network: Network, images: NDArray[np.uint8], dtype: type = np.float32
) -> Iterator[tuple[slice, dict[str, Array]]]:
    """Compute every value for images, a chunk at a time.

    A chunk fits a processor's cache. Yields the images' places with their values, as `forward` returns them.
    """
    size = _at_once(network, dtype)
    for start in range(0, len(images), size):
        place = slice(start, min(start + size, len(images)))
        yield place, forward(network, images[place], dtype)


def compute_logits(network: Network, images: NDArray[np.uint8], dtype: type = np.float32) -> Array:
    """Compute logits, [N, 10], of images, uint8 [N, 28, 28].

    Norms are folded, and memory does not grow with the images.
    """
    folded = fold_norm(network)
    logits: Array = np.empty((len(images), CLASSES), dtype)
    last = network.graph.nodes[-1].name
    for place, values in in_chunks(folded, images, dtype):
        logits[place] = values[last]
    return logits


def _cast(weights: Mapping[str, Array], dtype: DTypeLike) -> Mapping[str, Array]:
    return {key: weight.astype(dtype, copy=False) for key, weight in weights.items()}


def _at_once(network: Network, dtype: type) -> int:
    shapes = {key: weight.shape for key, weight in network.weights.items()}
    costs = costs_of(network.graph, shapes, shapes_of(network.graph, shapes))
    held = max((cost.held for cost in costs.values()), default=1) * np.dtype(dtype).itemsize
    return max(1, min(_MOST, max(_CACHE // held, min(_FEW, _MOST_HELD // held))))
