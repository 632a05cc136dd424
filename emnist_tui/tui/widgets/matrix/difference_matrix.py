"""Difference of two confusion matrices, with a cursor on one cell."""

from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from emnist_tui.analysis.predictions import Integers
from emnist_tui.runs.task import CLASSES
from emnist_tui.tui.widgets.hint import hint_strips
from emnist_tui.tui.widgets.matrix.confusion_matrix import ConfusionMatrix
from emnist_tui.tui.widgets.matrix.matrix_layout import MatrixLayout

_GUTTER = 8
_NARROWEST = 5  # columns of a cell in which every number fits


class DifferenceMatrix(ConfusionMatrix):
    """Signed change in the number of images per cell.

    Improvements are blue: more images on the diagonal or fewer beside it. Regressions are orange.
    """

    DEFAULT_CSS = """
    DifferenceMatrix {
        & > .matrix--better { color: $secondary; }
        & > .matrix--worse { color: $warning; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"matrix--better", "matrix--worse"}

    @property
    def _layout(self) -> MatrixLayout:
        """Layout with the largest cells that fit.

        Cells are at least one line high and as wide as a number in thousands; the matrix scrolls in a smaller space.
        """
        counts = self._counts if self._counts is not None else np.zeros((1, 1), np.int64)
        least = max(3, *(len(_signed(int(number), _NARROWEST)) for number in (counts.max(), counts.min()))) + 1
        room, height = self.size
        cell_height = next((tall for tall in range(5, 1, -1) if 2 + CLASSES * tall <= height), 1)
        cell_width = max(least, min((room - 3) // CLASSES, max(5, 4 * cell_height)))
        gutter = max(3, min(_GUTTER, room - CLASSES * cell_width))
        return MatrixLayout(gutter, cell_width, cell_height, 0, has_totals_row=False)

    def _drawn(self) -> list[Strip]:
        if self._counts is None:
            return hint_strips(self._hint, self.size, self.get_component_rich_style("matrix--title"))
        layout, counts = self._layout, self._counts
        looks = self._looks(counts)
        strips = [self._titles(layout), self._column_labels(layout)]
        for true in range(CLASSES):
            strips.extend(self._row(layout, counts, looks[true], true, line) for line in range(layout.cell_height))
        return strips

    def _row(self, layout: MatrixLayout, counts: Integers, looks: list[Style], true: int, line: int) -> Strip:
        """Draw one line of a row; numbers are on the middle line."""
        has_numbers = line == (layout.cell_height - 1) // 2
        label = f"{true} " if has_numbers else ""
        cells = (
            Segment(layout.in_cell((_signed(count, layout.cell_width) if count else "·") if has_numbers else ""), look)
            for count, look in zip(counts[true].tolist(), looks, strict=True)
        )
        return Strip([Segment(label.rjust(layout.gutter), self._label_style(true == self.cursor[0])), *cells])

    def _looks(self, counts: Integers) -> list[list[Style]]:
        """Return the style of every cell, scaled by the largest absolute difference."""
        largest = max(1, int(np.abs(counts).max()))
        zero = self.get_component_rich_style("matrix--zero")
        looks = [[zero] * CLASSES for _ in range(CLASSES)]
        for true, predicted in zip(*np.nonzero(counts), strict=True):
            is_better = (counts[true, predicted] > 0) == (true == predicted)
            strength = abs(int(counts[true, predicted])) / largest
            looks[true][predicted] = self._cell_style("better" if is_better else "worse", strength)
        looks[self.cursor[0]][self.cursor[1]] = self.get_component_rich_style("matrix--cursor")
        return looks


def _signed(number: int, width: int) -> str:
    """Format a signed number, in thousands if it must be.

    A column stays free.
    """
    texts = (f"{number:+,d}", f"{number:+d}", f"{number / 1000:+.1f}k", f"{number / 1000:+.0f}k")
    return next((text for text in texts if len(text) < width), texts[-1])
