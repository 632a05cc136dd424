"""Layout of a confusion matrix in the available space."""

from dataclasses import dataclass

from textual.geometry import Region, Size

from emnist_tui.analysis.predictions import Integers
from emnist_tui.runs.task import CLASSES
from emnist_tui.text import formats

Cell = tuple[int, int]
"""True and predicted class."""

_GUTTER = 8
_LEAST_GUTTER = 3
_COMFORTABLE = 7  # columns of a cell that fit a grouped number of four digits or a share
_TALLEST = 5
_LEAST_TOTAL = 6  # columns of the heading "total" and the space before it


@dataclass(frozen=True)
class MatrixLayout:
    """Sizes of a matrix's parts, in terminal cells."""

    gutter: int
    """Columns of the row labels."""
    cell_width: int
    cell_height: int
    total_width: int
    """Columns of the row totals; 0 where they do not fit."""
    has_totals_row: bool

    @classmethod
    def of(cls, size: Size, counts: Integers) -> "MatrixLayout":
        """Lay out `counts`, int64 [true, predicted], with the largest cells that fit.

        Cells are at least one line high and as wide as the largest number; the matrix scrolls in a smaller space.
        """
        least = len(str(counts.max())) + 1
        total_width = max(_LEAST_TOTAL, len(formats.count(int(counts.sum()))) + 1)
        if _LEAST_GUTTER + CLASSES * least + total_width > size.width:
            total_width = 0
        height = next((height for height in range(_TALLEST, 1, -1) if 2 + CLASSES * height <= size.height), 1)
        spacious, tight = ((size.width - gutter - total_width) // CLASSES for gutter in (_GUTTER, _LEAST_GUTTER))
        room = spacious if spacious >= _COMFORTABLE else min(tight, _COMFORTABLE)
        width = max(least, min(room, max(_COMFORTABLE, 4 * height)))
        gutter = max(_LEAST_GUTTER, min(_GUTTER, size.width - CLASSES * width - total_width))
        has_room = len(str(counts.sum(axis=0).max())) < width
        return cls(gutter, width, height, total_width, has_room and size.height != 2 + CLASSES * height)

    @property
    def size(self) -> Size:
        width = self.gutter + CLASSES * self.cell_width + self.total_width
        return Size(width, 2 + CLASSES * self.cell_height + self.has_totals_row)

    @property
    def margin(self) -> int:
        """Columns to the right of a number.

        Numbers are right-aligned and the largest is centered.
        """
        return max(int(self.cell_width > 4), (self.cell_width - 5) // 2)

    def cell_region(self, cell: Cell) -> Region:
        true, predicted = cell
        x, y = self.gutter + predicted * self.cell_width, 2 + true * self.cell_height
        return Region(x, y, self.cell_width, self.cell_height)

    def cell_at(self, x: int, y: int) -> Cell | None:
        true, predicted = (y - 2) // self.cell_height, (x - self.gutter) // self.cell_width
        return (true, predicted) if 0 <= true < CLASSES and 0 <= predicted < CLASSES else None

    def number(self, number: int) -> str:
        """Format a number, grouped if that fits."""
        grouped = formats.count(number)
        return grouped if len(grouped) + self.margin < self.cell_width else str(number)

    def share(self, share: float) -> str:
        """Format a share as a percentage.

        The sign is omitted where it does not fit. A share below 0.05 % is empty.
        """
        if share < 0.0005:
            return ""
        if self.cell_width >= _COMFORTABLE:
            return formats.percent(share)
        return f"{share * 100:.{0 if share >= 0.9995 else 1}f}"

    def in_cell(self, text: str) -> str:
        margin = min(self.margin, max(0, self.cell_width - len(text)))
        return (text + " " * margin).rjust(self.cell_width)
