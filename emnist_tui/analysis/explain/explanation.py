"""Everything that explains one answer of a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.explain.activity import Activity, measure
from emnist_tui.analysis.explain.nearest_change import NearestChange, nearest_change
from emnist_tui.analysis.explain.occlusion import Logits, Occlusion, occlude
from emnist_tui.analysis.explain.saliency import input_gradient
from emnist_tui.analysis.explain.shares import Shares, shares
from emnist_tui.analysis.network.network import Array, Pass

OnProgress = Callable[[int, int], None]
"""Callback that takes what is done, and the total."""


def _slope(passed: Pass, against: int) -> Array | None:
    return input_gradient(passed, passed.predicted, against)


@dataclass(frozen=True, eq=False)
class Explanation:
    """Reasons for the predicted class of a digit, set against another class."""

    passed: Pass
    against: int
    """Class that the predicted one is set against."""
    shares: Shares | None
    """Split of the lead; None if the logits do not come from a linear layer."""
    occlusion: Occlusion
    gradient: Array | None
    """Slope of the lead by the ink of each pixel, float [28, 28]; None of a network that numpy cannot compute."""
    nearest: NearestChange
    activity: Activity | None
    """Activity of the maps over a sample of digits; None without one."""

    @classmethod
    def of(
        cls,
        passed: Pass,
        logits: Logits,
        against: int,
        sample: NDArray[np.uint8] | None = None,
        slope: Callable[[Pass, int], Array | None] = _slope,
        on_progress: Callable[[str], OnProgress] = lambda _label: lambda _done, _total: None,
    ) -> Self:
        """Explain an answer.

        `logits` and `slope` are the network's, by default those that numpy computes; `sample` are digits to measure
        activity on. `on_progress` makes a callback for what takes time, such as `pixels covered`.
        """
        image, answer, network = passed.image, passed.predicted, passed.network
        occlusion = occlude(logits, image, answer, against, on_progress=on_progress("pixels covered"))
        nearest = nearest_change(logits, image, passed.true, on_progress=on_progress("changes tried"))
        assert occlusion is not None
        assert nearest is not None
        measured = measure(network, sample) if sample is not None and network.graph.is_computable else None
        gradient = slope(passed, against)
        return cls(passed, against, shares(passed, answer, against), occlusion, gradient, nearest, measured)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return every number by a name, such as `value/layers.0` or `weight/layers.0.bias`."""
        passed = self.passed
        found: dict[str, NDArray[Any]] = {
            "image": passed.image,
            "logits": np.asarray(passed.logits),
            "probabilities": passed.probabilities,
            "occlusion": self.occlusion.change,
            "graph": np.asarray(json.dumps(passed.network.graph.to_json())),
        }
        if self.shares:
            found["share"] = self.shares.products
        if self.gradient is not None:
            found["input_gradient"] = self.gradient
        by_prefix: Mapping[str, Mapping[str, Array]] = {
            "value": passed.values,
            "gradient": passed.gradients,
            "weight": passed.network.weights,
            "weight_gradient": passed.weight_gradients,
        }
        for prefix, arrays in by_prefix.items():
            found |= {f"{prefix}/{name}": np.asarray(array) for name, array in arrays.items()}
        return found
