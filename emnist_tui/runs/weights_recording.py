"""Recording of a run's weights: a few hundred frames, and the newest one.

`weights.recording` in the run folder opens with `_MAGIC` and a header, a length and JSON text: the network's graph, the
tensors of a frame, and the steps between two frames. Frames of equal size follow, each with its step and a checksum.
`weights.now` has the same form and one frame, and is replaced at most twice a second while the run trains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECORDING, NOW = "weights.recording", "weights.now"
MOST_FRAMES = 300


@dataclass(frozen=True)
class Frame:
    """Weights after an optimizer step."""

    step: int
    weights: Mapping[str, NDArray[np.float32]]
    """Weights that evaluations use, by key in the state dict; of float16 precision, statistics float32."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Frames of a run in the order of their steps; they are read on access."""

    graph: Sequence[Mapping[str, Any]]
    """Nodes as `analysis.network.graph.Graph.from_json` takes them."""
    steps: Sequence[int]

    def frame(self, position: int) -> Frame:
        """Read a frame. Raises `EmnistTuiError` if the file was damaged meanwhile."""
        raise NotImplementedError
