"""State that the Inside screen shows, from which its widgets draw everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from emnist_tui.analysis.network.layers import Layer
from emnist_tui.analysis.network.network import Array, Pass


class Shown(StrEnum):
    """Numbers that the maps show."""

    VALUES = "values"
    GRADIENTS = "gradients"
    WEIGHTS = "weights"
    MOVED = "moved"


@dataclass(frozen=True)
class Cursor:
    """Layer, node within it, map and place."""

    layer: int = 0
    """Index into the layers; their number is the input itself."""
    node: int | None = None
    """Index into the layer's nodes; None for `resting_node`, the last before the pooling."""
    map: int = 0
    """Channel of the node's value, or unit of a vector."""
    row: int = 0
    column: int = 0


@dataclass(frozen=True)
class DigitLabel:
    """Which digit is examined."""

    name: str
    """Such as `#18`, a file's name or `drawing`."""
    split: str = ""


@dataclass(frozen=True)
class Timeline:
    """Frames of a recording, and how the digit was predicted at each."""

    steps: Sequence[int] = ()
    position: int | None = None
    """Frame that is shown; None for the newest weights or a checkpoint."""
    predicted: Sequence[int] = ()
    """Predicted class by frame, as far as they are known."""
    playing: float = 0.0
    """Speed of the replay as a multiple of the first one; 0 if it stands."""
    newest: int | None = None
    """Step of the newest weights, which may be after the last frame; None if unknown."""


@dataclass(frozen=True, eq=False)
class InsideView:
    """Immutable picture of the screen's state, a new one for every change."""

    digit: DigitLabel
    passed: Pass
    layers: Sequence[Layer]
    cursor: Cursor = Cursor()
    shown: Shown = Shown.VALUES
    against: int = 0
    """Class that the predicted one is set against, or with `answer` the pair of classes."""
    answer: int = 0
    """Class whose logit is explained; by default the predicted one."""
    before: Pass | None = None
    """The same digit with the weights at the end of the last epoch, for `Shown.MOVED`."""
    before_name: str = ""
    """Such as `epoch 1`."""
    other: Pass | None = None
    """The same digit in the other network of a comparison."""
    names: tuple[str, str] = ("", "")
    """Names of the two networks of a comparison."""
    occlusion: Array | None = None
    """Change of the answer's margin where each pixel is covered; float [28, 28]."""
    waiting: str = ""
    """Which result is awaited, and for how long; empty for none."""
    timeline: Timeline = Timeline()
    activity: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Share of the sample digits' cells that are active, by node and map, 0 to 1."""
    lost: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    """`dead` or `saturated` by node and map."""
    sample: int = 0
    """Number of test digits behind `activity`."""
    reasons: Sequence[str] = ()
    """Sentences on where the answer hangs, and the nearest change of it."""
    is_folded: bool = False
    """Whether norms are folded into the sums before them."""


_POOLING = frozenset({"max_pool", "avg_pool", "mean", "flatten", "reshape"})
_FEW_MAPS = 8


def resting_node(layer: Layer) -> int:
    """Return the node whose maps stand for a layer.

    It is the last one before the maps are pooled.
    """
    for place, node in enumerate(layer.nodes):
        if node.operation in _POOLING and place:
            return place - 1
    return len(layer.nodes) - 1


def ordered_maps(view: InsideView, layer: int) -> list[int]:
    """Return the maps of a layer in the order of the screen.

    More than eight are sorted by activity over the sample, the most active first.
    """
    nodes = view.layers[layer].nodes
    value = view.passed.values.get(nodes[resting_node(view.layers[layer])].name)
    count = len(value) if value is not None and value.ndim else 0
    known = (view.activity[node.name] for node in reversed(nodes) if node.name in view.activity)
    shares = next(known, ())
    if count <= _FEW_MAPS or len(shares) != count:
        return list(range(count))
    return sorted(range(count), key=lambda number: (-round(shares[number], 3), number))
