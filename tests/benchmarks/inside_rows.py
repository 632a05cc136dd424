"""Rows of the benchmark of the Inside screen: what is timed, by its label."""

from collections.abc import Callable, Mapping

from emnist_tui.analysis.explain.activity import measure
from emnist_tui.analysis.explain.nearest_change import nearest_change
from emnist_tui.analysis.explain.occlusion import logits_of, occlude
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


def _occlusion(network: Network) -> Prepared:
    (image,) = strokes(1)
    return lambda: occlude(logits_of(network), image, 3, 5)


def _nearest_change(network: Network) -> Prepared:
    (image,) = strokes(1)
    return lambda: nearest_change(logits_of(network), image, None)


def _activity(network: Network) -> Prepared:
    images = strokes(DIGITS)
    return lambda: measure(network, images)


def _folded(network: Network) -> Prepared:
    return lambda: fold_norm(network)


ROWS: Mapping[str, Callable[[Network], Prepared]] = {
    "values of a digit": _values,
    "values and gradients of a digit": _gradients,
    f"logits of {DIGITS:,} digits": _logits,
    "occlusion at 784 places": _occlusion,
    "nearest change": _nearest_change,
    f"activity of maps over {DIGITS:,} digits": _activity,
    "folding the norms": _folded,
}
"""Functions that prepare what is timed for a network, by label."""
