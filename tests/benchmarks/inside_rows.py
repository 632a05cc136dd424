"""Rows of the benchmark of the Inside screen: what is timed, by its label."""

from collections.abc import Callable, Mapping

from emnist_tui.analysis.network.folding import fold_norm
from emnist_tui.analysis.network.forward import compute_logits, examine
from emnist_tui.analysis.network.network import Network
from tests.support.networks_in_numpy import strokes

DIGITS = 2_000
Prepared = Callable[[], object]


def _values(network: Network) -> Prepared:
    (image,) = strokes(1)
    return lambda: examine(network, image)


def _gradients(network: Network) -> Prepared:
    (image,) = strokes(1)
    return lambda: examine(network, image, true=3)


def _logits(network: Network) -> Prepared:
    images = strokes(DIGITS)
    return lambda: compute_logits(network, images)


def _folded(network: Network) -> Prepared:
    return lambda: fold_norm(network)


ROWS: Mapping[str, Callable[[Network], Prepared]] = {
    "values of a digit": _values,
    "values and gradients of a digit": _gradients,
    f"logits of {DIGITS:,} digits": _logits,
    "folding the norms": _folded,
}
"""Functions that prepare what is timed for a network, by label."""
