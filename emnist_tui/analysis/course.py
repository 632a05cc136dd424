"""The course of one digit's prediction over the frames of a recording."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.forward import forward
from emnist_tui.analysis.network.network import Network


@dataclass(frozen=True)
class Turn:
    """A frame at which a digit turned right or wrong."""

    position: int
    """Index of the frame."""
    step: int
    predicted: int
    is_right: bool
    """Of a digit whose class nobody knows, whether the last frame predicts the same."""


def predicted_class(network: Network, image: NDArray[np.uint8]) -> int | None:
    """Predict the class of an image, uint8 [28, 28].

    None if the logits are not finite.
    """
    with np.errstate(all="ignore"):
        logits = forward(network, image[None], np.float32)[network.graph.nodes[-1].name][0]
    return int(logits.argmax()) if np.isfinite(logits).all() else None


def turns_of(steps: Sequence[int], predicted: Sequence[int | None], true: int | None) -> tuple[Turn, ...]:
    """Return where a digit turned right or wrong, in order.

    `predicted` has the class at each of the first frames. The first frame turns nothing, unless it is right.
    """
    goal = true if true is not None else (predicted[-1] if predicted else None)
    turns: list[Turn] = []
    was_right = False
    for position, (step, each) in enumerate(zip(steps, predicted, strict=False)):
        is_right = each is not None and each == goal
        if each is not None and is_right != was_right:
            turns.append(Turn(position, step, each, is_right))
            was_right = is_right
    return tuple(turns)


def first_right(turns: Sequence[Turn]) -> Turn | None:
    """Return where a digit was right for the first time."""
    return next((turn for turn in turns if turn.is_right), None)
