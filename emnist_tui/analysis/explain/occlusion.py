"""Occlusion: the answer's margin where a part of the digit is covered.

After Zeiler and Fergus (2014), "Visualizing and Understanding Convolutional Networks", section 4.2.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.network.forward import compute_logits
from emnist_tui.analysis.network.network import Array, Network

Logits = Callable[[NDArray[np.uint8]], Array]
"""Function from images, uint8 [N, 28, 28], to logits, [N, 10]."""

SIZE = 5
"""Default side of the square, in pixels."""
PAPER = 0
"""Default cover: blank paper."""
_CHUNK = 112  # images at a time, four rows of pixels


@dataclass(frozen=True, eq=False)
class Occlusion:
    """Change of a margin where a square around each pixel is covered."""

    answer: int
    against: int
    size: int
    """Side of the square, in pixels; those at the edge are clipped."""
    cover: int
    """Value that is put there, 0 to 255: 0 is paper."""
    margin: float
    """Margin of the whole digit: logit of the answer minus that of the other class."""
    change: Array
    """Margin of the covered digit minus `margin`, float [28, 28]; below 0 the answer needs what is covered."""
    predicted: NDArray[np.int64]
    """Predicted class of each covered digit, int64 [28, 28]."""


def logits_of(network: Network) -> Logits:
    """Return a function that computes logits in float32."""
    return partial(compute_logits, network)


def occlude(
    logits: Logits,
    image: NDArray[np.uint8],
    answer: int,
    against: int,
    *,
    size: int = SIZE,
    cover: int = PAPER,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Occlusion | None:
    """Cover a square around each pixel, and compute how the margin changes.

    `size` is odd. Takes the digits in chunks, so that a thread that runs it can be followed: `on_progress` is called
    with the number of pixels done and their total. Returns None if `is_stopped` became true in between.
    """
    computed: list[Array] = [logits(image[None])]
    total, done = image.size, 0
    for covered in covered_images(image, size, cover):
        if is_stopped():
            return None
        computed.append(logits(covered))
        done += len(covered)
        on_progress(done, total)
    whole = np.asarray(np.concatenate(computed), np.float64)
    margins = whole[:, answer] - whole[:, against]
    change = (margins[1:] - margins[0]).reshape(image.shape)
    predicted = np.asarray(whole[1:].argmax(axis=1), np.int64).reshape(image.shape)
    return Occlusion(answer, against, size, cover, float(margins[0]), change, predicted)


def covered_images(image: NDArray[np.uint8], size: int, cover: int) -> Iterator[NDArray[np.uint8]]:
    """Yield copies of the image, each with another square covered.

    The pixels are in order of the rows; uint8 [N, rows, columns].
    """
    rows, columns = image.shape
    reach = size // 2
    for start in range(0, image.size, _CHUNK):
        pixels = np.arange(start, min(start + _CHUNK, image.size))
        down = np.abs(np.arange(rows)[None, :] - (pixels // columns)[:, None]) <= reach
        across = np.abs(np.arange(columns)[None, :] - (pixels % columns)[:, None]) <= reach
        yield np.where(down[:, :, None] & across[:, None, :], np.uint8(cover), image)
