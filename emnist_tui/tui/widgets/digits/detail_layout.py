"""Where a digit, the words about it and its neighbors go in the room there is."""

from dataclasses import dataclass
from enum import Enum, auto

from textual.geometry import Size

from emnist_tui.text.ascii_art import fitting_columns

BARS = 10
GAP = 2
"""Columns between what stands side by side."""

_PANEL_WIDTH = 20
_FEWEST_FACTS = 2
_LARGEST_NEIGHBOR = 28
_CAPTIONS = (2, 1)  # rows around a neighbor


class Arrangement(Enum):
    """How the digit stands to the words about it."""

    BESIDE = auto()
    """The words at its side."""
    ABOVE = auto()
    """The words under it."""
    SPLIT = auto()
    """The facts under it, the probabilities and the neighbors at its side."""


@dataclass(frozen=True)
class DetailLayout:
    """What is shown, and how large; what does not fit is left out whole, the neighbors first."""

    arrangement: Arrangement
    columns: int
    """Of the digit, 0 without it."""
    facts: int
    """Lines of words."""
    neighbors: int = 0
    """Columns of each neighbor, 0 without them."""
    neighbor_rows: int = 0
    """For the neighbors, their captions included."""

    @property
    def has_whole_captions(self) -> bool:
        return self.neighbor_rows >= self.neighbors // 2 + max(_CAPTIONS)

    @property
    def rows(self) -> int:
        """Of the digit."""
        return self.columns // 2


def lay_out(size: Size, facts: int, *, neighbors: bool) -> DetailLayout:
    """The largest digit that fits, then the largest neighbors beside or below it."""
    facts = max(_FEWEST_FACTS, min(facts, size.height - BARS))
    beside = fitting_columns(size.width - _PANEL_WIDTH - GAP, size.height) or 0
    above = fitting_columns(size.width, size.height - facts - BARS) or 0
    plain = DetailLayout(
        Arrangement.ABOVE if above > beside else Arrangement.BESIDE, columns=max(beside, above), facts=facts
    )
    if not (neighbors and plain.columns):
        return plain
    return max(
        plain,
        _below(size, plain),
        _split(size, plain),
        key=lambda layout: (layout.neighbors, layout.has_whole_captions),
    )


def _below(size: Size, plain: DetailLayout) -> DetailLayout:
    """The neighbors under everything else, after a blank line."""
    panel = plain.facts + 1 + BARS
    used = plain.rows + panel if plain.arrangement is Arrangement.ABOVE else max(plain.rows, panel)
    return _with_neighbors(plain, plain.arrangement, size.width, size.height - used - 1)


def _split(size: Size, plain: DetailLayout) -> DetailLayout:
    """The neighbors under the probabilities."""
    if plain.rows + plain.facts > size.height:
        return plain
    return _with_neighbors(plain, Arrangement.SPLIT, size.width - plain.columns - GAP, size.height - BARS)


def _with_neighbors(plain: DetailLayout, arrangement: Arrangement, width: int, rows: int) -> DetailLayout:
    widest = min(plain.columns, _LARGEST_NEIGHBOR, (width - 1) // 2)
    for captions in _CAPTIONS:
        if columns := fitting_columns(widest, rows - captions):
            return DetailLayout(arrangement, plain.columns, plain.facts, columns, rows)
    return plain
