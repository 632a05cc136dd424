"""A restored network, examined in numpy or by torch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emnist_tui.analysis.explain.saliency import input_gradient
from emnist_tui.analysis.network.forward import compute_logits, examine
from emnist_tui.analysis.network.known_graphs import known_graph
from emnist_tui.analysis.network.network import Array, Network, Pass
from emnist_tui.analysis.network.shapes import can_compute, costs_of, shapes_of
from emnist_tui.learning.inference.examine import examine as examine_in_torch
from emnist_tui.learning.inference.input_format import ORIENTATIONS
from emnist_tui.learning.inference.network_graph import evaluating, to_network
from emnist_tui.learning.inference.restore import Restored
from emnist_tui.learning.inference.upright_network import lay, upright
from emnist_tui.runs.errors import EmnistTuiError

_HEAVY = 1 << 24  # work for an image, above which torch computes many images much faster
_BUDGET = 1 << 35  # work for the digits of a sample, some seconds
_FEWEST = 16


class ExaminedNetwork:
    """A restored network, computed in numpy where possible, else by torch."""

    def __init__(self, restored: Restored, model: str) -> None:
        """Trace a network, unless `model` is one whose graph is known."""
        trained_on = restored.input
        self._model = restored.model
        network = to_network(self._model, trained_on, known_graph(model))
        self._scale = network.scale
        self._needs_torch = not can_compute(network)
        turned = None if self._needs_torch else upright(network, trained_on.orientation)
        self.orientation = ORIENTATIONS["upright"] if turned else trained_on.orientation
        """How upright images are laid for it."""
        self._network = turned or network
        self._orientation_in_torch = trained_on.orientation if turned else ORIENTATIONS["upright"]
        self._work = 0 if self._needs_torch else _work(network)

    def examine(self, image: NDArray[np.uint8], true: int | None) -> Pass:
        """Compute all values of an image as the network takes it.

        Raises `EmnistTuiError` as `logits` does.
        """
        self.logits(image[None])  # in float32, in which they may not be finite
        if self._needs_torch:
            return examine_in_torch(self._model, image, true, self._network)
        with np.errstate(all="ignore"):
            return examine(self._network, image, true)

    def affordable(self, digits: int) -> int:
        """Return how many of these digits numpy computes in some seconds."""
        return 0 if self._needs_torch else min(digits, max(_FEWEST, _BUDGET // self._work))

    def logits(self, images: NDArray[np.uint8]) -> Array:
        """Compute the logits of images, [N, 10].

        Raises `EmnistTuiError` if one is not finite.
        """
        with np.errstate(all="ignore"):
            is_in_torch = self._needs_torch or self._work > _HEAVY
            logits = self._in_torch(images) if is_in_torch else compute_logits(self._network, images)
        if not np.isfinite(logits).all():
            raise EmnistTuiError("The network's outputs are not finite numbers; use an earlier checkpoint.")
        return logits

    def slope(self, passed: Pass, against: int) -> Array | None:
        """Return the input gradient of the lead over another class, [28, 28]."""
        if not self._needs_torch:
            return input_gradient(passed, passed.predicted, against)
        ink = self._input(passed.image[None].repeat(2, axis=0)).requires_grad_()
        with evaluating(self._model), torch.enable_grad():
            logits = self._model(ink)[0]
            (gradient,) = torch.autograd.grad(logits[passed.predicted] - logits[against], ink)
        return np.asarray(gradient[0, 0].double().numpy() * self._scale.factor)

    def _in_torch(self, images: NDArray[np.uint8]) -> Array:
        with evaluating(self._model), torch.inference_mode():
            laid = lay(images, self._orientation_in_torch)
            return np.asarray(self._model(self._input(laid)).double().numpy())

    def _input(self, images: NDArray[np.uint8]) -> Tensor:
        ink = torch.from_numpy(np.ascontiguousarray(images))[:, None].float() / 255
        return ink * self._scale.factor + self._scale.offset


def _work(network: Network) -> int:
    """Return the work that an image takes, as `operations.Cost` counts it."""
    weights = {key: weight.shape for key, weight in network.weights.items()}
    costs = costs_of(network.graph, weights, shapes_of(network.graph, weights))
    return sum(cost.work for cost in costs.values())
