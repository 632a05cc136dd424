"""Smallest change of a digit that changes its answer."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from emnist_tui.analysis.explain.occlusion import Logits
from emnist_tui.analysis.explain.transforms import Image, shifted, thickened, turned

LARGEST_SHIFT = 4.0
"""Largest shift tried, in pixels."""
LARGEST_TURN = 30
"""Largest turn tried, in degrees."""
LARGEST_THICKNESS = 1.5
"""Largest change of thickness tried: of each side of a stroke, in pixels."""

_SHIFT, _TURN, _THICKNESS = 0.25, 1, 0.1  # steps of the grid
_RADIUS = 10.0  # pixels from the middle to the ends of a digit, whose strokes a turn moves most
_CHUNK = 64


class Kind(StrEnum):
    """Kinds of change that are tried."""

    SHIFT = "shift"
    TURN = "turn"
    THICKNESS = "thickness"


@dataclass(frozen=True)
class Change:
    """A change of a digit."""

    kind: Kind
    down: float = 0.0
    """Shift in pixels; negative is up."""
    right: float = 0.0
    """Shift in pixels; negative is left."""
    amount: float = 0.0
    """Degrees clockwise, or pixels by which each side of a stroke moves outward."""

    @property
    def size(self) -> float:
        """Pixels by which the strokes move at most, to compare kinds."""
        if self.kind is Kind.SHIFT:
            return math.hypot(self.down, self.right)
        if self.kind is Kind.TURN:
            return 2 * _RADIUS * math.sin(math.radians(abs(self.amount)) / 2)
        return abs(self.amount)

    def apply(self, image: Image) -> Image:
        """Return the changed image."""
        if self.kind is Kind.SHIFT:
            return shifted(image, self.down, self.right)
        return turned(image, self.amount) if self.kind is Kind.TURN else thickened(image, self.amount)


@dataclass(frozen=True, eq=False)
class Found:
    """A change that changes the answer."""

    change: Change
    predicted: int
    """Class that the changed digit is predicted as."""
    image: Image
    """The changed digit."""


@dataclass(frozen=True, eq=False)
class NearestChange:
    """Smallest changes that change the answer, by kind."""

    predicted: int
    """Class that the digit is predicted as."""
    true: int | None
    """Class to reach if the answer is wrong; None or the prediction: any other answer."""
    found: tuple[Found, ...]
    """The smallest of each kind that changes the answer so, by size."""

    @property
    def nearest(self) -> Found | None:
        """The smallest of all; None if none is enough."""
        return self.found[0] if self.found else None

    @property
    def is_to_right(self) -> bool:
        """Whether a right answer was sought, else any other one."""
        return self.true is not None and self.true != self.predicted


def changes() -> list[Change]:
    """Return the grid of changes, by size.

    Shifts by quarters of a pixel in eight directions, turns by whole degrees, and thickness by tenths of a pixel.
    """
    return sorted(_grid(), key=lambda change: change.size)


def _grid() -> Iterator[Change]:
    for step in range(1, round(LARGEST_SHIFT / _SHIFT) + 1):
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                if down or right:
                    length = step * _SHIFT
                    yield Change(Kind.SHIFT, down=down * length, right=right * length)
    for sign in (1, -1):
        for degrees in range(_TURN, LARGEST_TURN + 1, _TURN):
            yield Change(Kind.TURN, amount=float(sign * degrees))
        for step in range(1, round(LARGEST_THICKNESS / _THICKNESS) + 1):
            yield Change(Kind.THICKNESS, amount=round(sign * step * _THICKNESS, 10))


def nearest_change(
    logits: Logits,
    image: NDArray[np.uint8],
    true: int | None,
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> NearestChange | None:
    """Find the smallest change of each kind that changes the answer.

    A wrong answer must become `true`; a right one, or one whose truth is unknown, any other. Takes the changes by size,
    in chunks: `on_progress` is called with the number done and their total. Returns None if `is_stopped` became true.
    """
    predicted = int(logits(image[None])[0].argmax())
    wanted = true if true is not None and true != predicted else None
    found: dict[Kind, Found] = {}
    grid = changes()
    for start in range(0, len(grid), _CHUNK):
        if is_stopped():
            return None
        tried = [change for change in grid[start : start + _CHUNK] if change.kind not in found]
        if tried:
            images = np.stack([change.apply(image) for change in tried])
            answers = logits(images).argmax(axis=1)
            for change, changed, answer in zip(tried, images, answers, strict=True):
                if answer == wanted or (wanted is None and answer != predicted):
                    found.setdefault(change.kind, Found(change, int(answer), changed))
        on_progress(min(start + _CHUNK, len(grid)), len(grid))
        if len(found) == len(Kind):
            break
    return NearestChange(predicted, true, tuple(sorted(found.values(), key=lambda each: each.change.size)))
