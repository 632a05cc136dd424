"""Choice of the digit among the connected components of ink: blots."""

from dataclasses import dataclass

import numpy as np

from emnist_tui.learning.inference.raster import Box, Gray, Labels, Mask, components, largest_around
from emnist_tui.runs.errors import EmnistTuiError

_SPECK = 0.03
"""Share of the largest blot's ink below which another blot is dirt."""
_TINY = 0.05
"""Extent of the smallest digit beside larger lines and edges, in longer sides of the picture."""
_COMPARABLE = 0.45
"""Extent, in extents of the digit, from which another blot may be a digit too."""
_NEAR, _CLOSE, _TOUCHING = 0.2, 0.1, 0.05
"""Greatest gap between the parts of a digit, in its extents: a large part, a small one and a compact one."""
_SMALL = 0.35
"""Extent of a small part, in extents of the digit."""
_WIDEST = 1.5
"""Greatest width of a digit, in its heights."""
_HOLLOW = 0.4
"""Greatest share of ink in the box of a frame."""
_CIRCLED = 0.3
"""Least extent of what a circle is drawn around, in extents of the circle."""
_LONGER = 1.15
"""Least length of a frame's line, in extents of the digit."""
_STRAIGHT = 14
"""Least length of a blot that is a line, in its widths."""


@dataclass(frozen=True, eq=False)
class _Blot:
    """A connected component of ink, or several that are one digit."""

    labels: frozenset[int]
    box: Box
    area: int
    amount: float
    """Sum of the contrast."""

    @property
    def height(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def width(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def extent(self) -> int:
        return max(self.height, self.width)

    def with_(self, other: "_Blot") -> "_Blot":
        box = (*np.minimum(self.box[:2], other.box[:2]).tolist(), *np.maximum(self.box[2:], other.box[2:]).tolist())
        return _Blot(self.labels | other.labels, box, self.area + other.area, self.amount + other.amount)

    def surrounds(self, other: "_Blot") -> bool:
        """Return whether the other's box is within this one's."""
        inner, outer = other.box, self.box
        return inner[0] > outer[0] and inner[1] > outer[1] and inner[2] < outer[2] and inner[3] < outer[3]

    @property
    def is_line(self) -> bool:
        return self.extent**2 >= _STRAIGHT * self.area and min(self.height, self.width) <= 0.2 * self.extent

    @property
    def is_compact(self) -> bool:
        """Whether it is as solid as a square or a disc."""
        return self.area > 0.65 * self.height * self.width and min(self.height, self.width) > 0.5 * self.extent


def choose_digit(contrast: Gray, mask: Mask) -> Mask:
    """Return the part of the mask that is the picture's digit.

    Raises `EmnistTuiError` if more than one blot may be a digit.
    """
    labels, _ = components(mask)
    blots = _blots(labels, contrast)
    candidates = _candidates(blots, labels)
    digit = max(candidates, key=lambda blot: blot.amount)
    digit = _joined(digit, candidates, labels)
    others = [
        blot
        for blot in candidates
        if not blot.labels & digit.labels
        and blot.extent >= _COMPARABLE * digit.extent
        and not blot.is_compact
        and not (blot.is_line and blot.extent > _LONGER * digit.extent)
    ]
    if others:
        raise EmnistTuiError(f"shows {1 + len(others)} separate digits or marks; crop it to one digit.")
    if digit.width > _WIDEST * digit.height:
        raise EmnistTuiError("shows a mark too wide for one digit; crop it to one digit.")
    return np.isin(labels, list(digit.labels))


def _blots(labels: Labels, contrast: Gray) -> list[_Blot]:
    count = int(labels.max())
    areas = np.bincount(labels.ravel())
    amounts = np.bincount(labels.ravel(), contrast.ravel())
    rows, columns = np.nonzero(labels)
    at = labels[rows, columns]
    low = np.full((count + 1, 2), max(labels.shape))
    high = np.zeros((count + 1, 2), int)
    for axis, places in enumerate((rows, columns)):
        np.minimum.at(low[:, axis], at, places)
        np.maximum.at(high[:, axis], at, places + 1)
    return [
        _Blot(
            frozenset([label]), (*low[label].tolist(), *high[label].tolist()), int(areas[label]), float(amounts[label])
        )
        for label in range(1, count + 1)
    ]


def _candidates(blots: list[_Blot], labels: Labels) -> list[_Blot]:
    """Return the blots that may be the digit or its parts.

    A digit touches no side of the picture, is no frame and no single line, unless there is nothing else.
    """
    height, width = labels.shape
    least = _TINY * max(labels.shape)

    def rank(blot: _Blot) -> int:
        top, left, bottom, right = blot.box
        if top == 0 or left == 0 or bottom == height or right == width:
            return 3
        sides = _sides(blot, labels)
        if sides >= 3 or (sides == 2 and any(blot.surrounds(other) for other in blots if other.extent >= least)):
            return 2
        if any(other.extent >= _CIRCLED * blot.extent and _encloses(blot, other, labels) for other in blots):
            return 2
        return int(blot.is_line or blot.is_compact)

    ranks = {blot: rank(blot) for blot in blots}
    best = min((ranks[blot] for blot in blots if blot.extent >= least), default=3)
    chosen = [blot for blot in blots if ranks[blot] <= max(best, 1)]
    most = max(blot.amount for blot in chosen if ranks[blot] <= best)
    return [blot for blot in chosen if blot.amount >= _SPECK * most]


def _encloses(blot: _Blot, other: _Blot, labels: Labels) -> bool:
    """Return whether a blot is a closed ring around another."""
    if not blot.surrounds(other):
        return False
    top, left, bottom, right = blot.box
    inside = labels[top:bottom, left:right]
    rest, _ = components(np.pad(~np.isin(inside, list(blot.labels)), 1, constant_values=True))
    return rest[0, 0] not in rest[1:-1, 1:-1][np.isin(inside, list(other.labels))]


def _sides(blot: _Blot, labels: Labels) -> int:
    """Count the sides of its box that a thin blot follows."""
    top, left, bottom, right = blot.box
    inside = np.isin(labels[top:bottom, left:right], list(blot.labels))
    if inside.mean() > _HOLLOW or min(inside.shape) < 8:
        return 0
    sides = (np.rot90(inside, turn) for turn in range(4))
    return sum(bool(side[: max(2, round(0.1 * len(side)))].any(axis=0).mean() > 0.9) for side in sides)


def _joined(digit: _Blot, blots: list[_Blot], labels: Labels) -> _Blot:
    """Join the blots that are parts of the digit, nearest first."""
    while True:
        mask = np.isin(labels, list(digit.labels))
        for blot in sorted(blots, key=lambda blot: -blot.amount):
            if blot.labels & digit.labels or _are_beside(digit, blot):
                continue
            gap = _TOUCHING if blot.is_compact else _CLOSE if blot.extent < _SMALL * digit.extent else _NEAR
            reach = max(1, round(gap * max(digit.extent, blot.extent)))
            if np.isin(labels[largest_around(mask, reach)], list(blot.labels)).any():
                digit = digit.with_(blot)
                break
        else:
            return digit


def _are_beside(one: _Blot, other: _Blot) -> bool:
    """Return whether two blots of similar height are side by side."""
    together = one.with_(other)
    overlap = one.width + other.width - together.width
    return min(one.height, other.height) > 0.6 * together.height and overlap < 0.15 * min(one.width, other.width)
