"""A network: its graph and its weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.graph import Graph
from emnist_tui.runs.task import CLASSES

Array = NDArray[np.floating]
"""Values of one image have no batch axis: maps are [C, rows, columns], vectors [F]."""


@dataclass(frozen=True)
class InputScale:
    """Affine map from ink, 0 to 1, to the network's input."""

    factor: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of one moment, and the graph that computes with them."""

    graph: Graph
    weights: Mapping[str, Array]
    """Weights by their keys in the state dict; float32, and float64 where norms are folded."""
    scale: InputScale = field(default_factory=InputScale)

    @cached_property
    def exact(self) -> Mapping[str, Array]:
        """The weights as float64."""
        return {key: np.asarray(weight, np.float64) for key, weight in self.weights.items()}


@dataclass(frozen=True, eq=False)
class Pass:
    """All values of a network for an image, and their gradients.

    Values are float64 where numpy computed them, so that displayed sums close.
    """

    network: Network
    image: NDArray[np.uint8]
    """uint8 [28, 28], upright, 255 is ink."""
    values: Mapping[str, Array]
    """Value of each node by name, and of `graph.INPUT`, [1, 28, 28]."""
    true: int | None = None
    """True class; None if nobody knows."""
    gradients: Mapping[str, Array] = field(default_factory=dict)
    """Gradient of the loss with respect to each value, by node; empty without a true class."""
    weight_gradients: Mapping[str, Array] = field(default_factory=dict)
    """Gradient of the loss with respect to each weight, by key in the state dict."""

    @property
    def logits(self) -> Array:
        """float64 [10]."""
        return self.values[self.network.graph.nodes[-1].name]

    @cached_property
    def probabilities(self) -> Array:
        """Softmax of the logits; float64 [10]."""
        with np.errstate(all="ignore"):  # diverged weights give infinite logits
            power = np.exp(self.logits - self.logits.max())
            return np.asarray(power / power.sum())

    @property
    def predicted(self) -> int:
        """Predicted class, the lowest in a tie."""
        return int(self.logits.argmax())

    @property
    def loss(self) -> float | None:
        """Cross-entropy, in nats; None without a true class."""
        if self.true is None:
            return None
        with np.errstate(all="ignore"):
            return float(np.logaddexp.reduce(self.logits) - self.logits[self.true])

    @property
    def runner_up(self) -> int:
        """Class to set against the prediction.

        The true one, or else that of the second largest logit.
        """
        if self.true is not None and self.true != self.predicted:
            return self.true
        return int(np.argsort(self.logits)[CLASSES - 2])
