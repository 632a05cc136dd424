"""Layout of a digit, its facts and neighbors in the available space."""

from dataclasses import dataclass
from enum import Enum, auto

from textual.geometry import Size

from emnist_tui.text.ascii_art import fitting_columns

BARS = 10
"""Lines of probabilities, one per class."""
GAP = 2
"""Columns between parts that are side by side."""

_PANEL_WIDTH = 20
_FEWEST_FACTS = 2
_LARGEST_NEIGHBOR = 28
_CAPTIONS = (2, 1)  # lines of text around a neighbor, whole or reduced


class Arrangement(Enum):
    """Position of the digit relative to the facts and probabilities."""

    BESIDE = auto()
    """Facts and probabilities to the right of the digit."""
    ABOVE = auto()
    """Facts and probabilities below the digit."""
    SPLIT = auto()
    """Facts below the digit; probabilities and neighbors to the right of it."""


@dataclass(frozen=True)
class DetailLayout:
    """Arrangement and sizes of the parts, without those that do not fit."""

    arrangement: Arrangement
    columns: int
    """Columns of the digit; 0 if omitted."""
    facts: int
    """Lines of facts."""
    neighbors: int = 0
    """Columns of each neighbor; 0 if omitted."""
    neighbor_rows: int = 0
    """Rows available for the neighbors, captions included."""

    @property
    def has_whole_captions(self) -> bool:
        return self.neighbor_rows >= self.neighbors // 2 + max(_CAPTIONS)

    @property
    def rows(self) -> int:
        """Rows of the digit."""
        return self.columns // 2


def lay_out(size: Size, facts: int, *, neighbors: bool) -> DetailLayout:
    """Fit the largest digit, then the largest neighbors.

    `facts` is the number of available lines of facts; neighbors are only laid out on request.
    """
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
    """Place the neighbors below everything else, after a blank line."""
    panel = plain.facts + 1 + BARS
    used = plain.rows + panel if plain.arrangement is Arrangement.ABOVE else max(plain.rows, panel)
    return _with_neighbors(plain, plain.arrangement, size.width, size.height - used - 1)


def _split(size: Size, plain: DetailLayout) -> DetailLayout:
    """Place the neighbors below the probabilities."""
    if plain.rows + plain.facts > size.height:
        return plain
    return _with_neighbors(plain, Arrangement.SPLIT, size.width - plain.columns - GAP, size.height - BARS)


def _with_neighbors(plain: DetailLayout, arrangement: Arrangement, width: int, rows: int) -> DetailLayout:
    widest = min(plain.columns, _LARGEST_NEIGHBOR, (width - 1) // 2)
    for captions in _CAPTIONS:
        if columns := fitting_columns(widest, rows - captions):
            return DetailLayout(arrangement, plain.columns, plain.facts, columns, rows)
    return plain
