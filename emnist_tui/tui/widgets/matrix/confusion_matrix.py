"""Confusion matrix with a cursor on one cell."""

from enum import StrEnum
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from emnist_tui.analysis.predictions import Floats, Integers
from emnist_tui.runs.task import CLASSES
from emnist_tui.text import formats
from emnist_tui.tui.widgets.hint import hint_strips
from emnist_tui.tui.widgets.matrix.matrix_colors import fixed_shade, has_truecolor, legible_on
from emnist_tui.tui.widgets.matrix.matrix_layout import Cell, MatrixLayout

_NO_COUNTS = np.zeros((CLASSES, CLASSES), np.int64)
_FAINTEST = 0.12  # opacity of a cell's color for the smallest share above zero
_STRONGEST = 0.85
_GOOD = ("right", "better")


class Normalization(StrEnum):
    """Normalization of the numbers in the cells."""

    COUNTS = "counts"
    RECALL = "recall"
    """Shares of the true class: rows sum to 1."""
    PRECISION = "precision"
    """Shares of the predicted class: columns sum to 1."""

    @property
    def next(self) -> "Normalization":
        modes = list(Normalization)
        return modes[(modes.index(self) + 1) % len(modes)]


class ConfusionMatrix(ScrollView, can_focus=True, inherit_bindings=False):
    """Ten by ten cells, correct ones in blue and errors in orange.

    Color-blind eyes can tell the two colors apart.
    """

    DEFAULT_CSS = """
    ConfusionMatrix {
        width: 1fr;
        height: 1fr;
        scrollbar-size: 0 0;
        background: transparent;

        & > .matrix--title { color: $foreground-muted; }
        & > .matrix--label { color: $foreground 80%; }
        & > .matrix--label-at-cursor { color: $accent; text-style: bold; }
        & > .matrix--total { color: $foreground-muted; }
        & > .matrix--zero { color: $foreground 25%; }
        & > .matrix--right { color: $secondary; }
        & > .matrix--wrong { color: $warning; }
        & > .matrix--cursor { color: $background; background: $foreground 66%; text-style: bold; }
        &:focus > .matrix--cursor { background: $foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "matrix--title",
        "matrix--label",
        "matrix--label-at-cursor",
        "matrix--total",
        "matrix--zero",
        "matrix--right",
        "matrix--wrong",
        "matrix--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1, 0)", "Previous true class", show=False),
        Binding("down", "move(1, 0)", "Next true class", show=False),
        Binding("left", "move(0, -1)", "Previous predicted class", show=False),
        Binding("right", "move(0, 1)", "Next predicted class", show=False),
        Binding("home", "move(0, -9)", "First predicted class", show=False),
        Binding("end", "move(0, 9)", "Last predicted class", show=False),
        Binding("enter", "choose", "Digits", tooltip="Show the digits of the cell under the cursor"),
    ]

    cursor: reactive[Cell] = reactive((0, 0), repaint=False)
    """Cell under the cursor: true and predicted class."""

    normalization: reactive[Normalization] = reactive(Normalization.COUNTS)
    """Normalization of numbers and colors."""

    class CellMessage(Message):
        """A message about one cell."""

        def __init__(self, matrix: "ConfusionMatrix", true: int, predicted: int) -> None:
            super().__init__()
            self.matrix = matrix
            self.true = true
            self.predicted = predicted

        @property
        def control(self) -> "ConfusionMatrix":
            return self.matrix

    class CellHighlighted(CellMessage):
        """The cursor moved to a cell."""

    class CellChosen(CellMessage):
        """Enter, or a click on the cell under the cursor."""

    def __init__(self, hint: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        """Create an empty matrix; `hint` is shown while it has no counts."""
        super().__init__(id=id, classes=classes)
        self._hint = hint
        self._counts: Integers | None = None
        self._strips: list[Strip] = []
        self._page = Style()
        """Style of empty cells; Textual would find it again for every line."""

    def show(self, counts: Integers | None) -> None:
        """Show counts, int64 [true, predicted], or the hint for None.

        The first counts move the cursor to the off-diagonal cell of the largest absolute value.
        """
        if self._is_shown(counts):
            return
        was_empty, self._counts = self._counts is None, None if counts is None else counts.copy()
        if was_empty and counts is not None:
            true, predicted = divmod(int(np.abs(counts * ~np.eye(CLASSES, dtype=bool)).argmax()), CLASSES)
            self.cursor = (true, predicted)
        self._invalidate()

    def explain_empty(self, hint: str) -> None:
        """Set what is shown while there are no counts."""
        if hint != self._hint:
            self._hint = hint
            if self._counts is None:
                self._invalidate()

    def _is_shown(self, counts: Integers | None) -> bool:
        if self._counts is None or counts is None:
            return self._counts is counts
        return np.array_equal(self._counts, counts)

    def validate_cursor(self, cursor: Cell) -> Cell:
        true, predicted = (min(max(index, 0), CLASSES - 1) for index in cursor)
        return true, predicted

    def watch_cursor(self, cursor: Cell) -> None:
        self._redraw()
        if self.is_attached and self._counts is not None:
            self.scroll_to_region(self._layout.cell_region(cursor), animate=False, force=True)
            self.post_message(self.CellHighlighted(self, *cursor))

    def watch_normalization(self) -> None:
        self._redraw()

    def action_move(self, down: int, right: int) -> None:
        true, predicted = self.cursor
        self.cursor = (true + down, predicted + right)

    def action_choose(self) -> None:
        if self._counts is not None:
            self.post_message(self.CellChosen(self, *self.cursor))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        cell = self._layout.cell_at(*(offset + self.scroll_offset)) if offset is not None else None
        if cell is None or self._counts is None:
            return
        if cell == self.cursor:
            self.action_choose()
        else:
            self.cursor = cell

    def on_resize(self) -> None:
        self._invalidate()

    def notify_style_update(self) -> None:
        """Discard the cached lines when colors or focus change."""
        super().notify_style_update()
        self._strips = []

    def render_line(self, y: int) -> Strip:
        if not self._strips:
            self._strips, self._page = self._drawn(), self.rich_style
        x, top = self.scroll_offset
        if top + y >= len(self._strips):
            return Strip.blank(self.size.width, self._page)
        return self._strips[top + y].crop_extend(x, x + self.size.width, self._page)

    @property
    def _layout(self) -> MatrixLayout:
        counts = _NO_COUNTS if self._counts is None else self._counts
        return MatrixLayout.of(self.size, counts)

    def _invalidate(self) -> None:
        self._strips = []
        self.virtual_size = self.size if self._counts is None else self._layout.size
        self.refresh()

    def _redraw(self) -> None:
        """Repaint the rows that changed."""
        if not self._strips:
            self.refresh()
            return
        before, self._strips = self._strips, self._drawn()
        for y, (old, new) in enumerate(zip(before, self._strips, strict=False)):
            if old != new:
                self.refresh_line(y)

    def _drawn(self) -> list[Strip]:
        if self._counts is None:
            return hint_strips(self._hint, self.size, self.get_component_rich_style("matrix--title"))
        layout, counts = self._layout, self._counts
        strips = [self._titles(layout), self._column_labels(layout)]
        looks = self._looks(counts)
        for true in range(CLASSES):
            strips.extend(self._row(layout, counts, looks[true], true, line) for line in range(layout.cell_height))
        if layout.has_totals_row:
            strips.append(self._totals(layout, counts))
        return strips

    def _titles(self, layout: MatrixLayout) -> Strip:
        style = self.get_component_rich_style("matrix--title")
        true = "true ↓".ljust(layout.gutter + 2)
        middle = "predicted →".center(CLASSES * layout.cell_width + layout.gutter - len(true))
        return Strip([Segment(true, style), Segment(middle, style)])

    def _column_labels(self, layout: MatrixLayout) -> Strip:
        labels = [Segment(layout.in_cell(str(d)), self._label_style(d == self.cursor[1])) for d in range(CLASSES)]
        word = "total" if layout.total_width else ""
        total = Segment(word.rjust(layout.total_width), self.get_component_rich_style("matrix--total"))
        return Strip([Segment(" " * layout.gutter, self.rich_style), *labels, total])

    def _row(self, layout: MatrixLayout, counts: Integers, looks: list[Style], true: int, line: int) -> Strip:
        """Draw one line of a row; numbers are on the middle line."""
        middle = (layout.cell_height - 1) // 2
        label, total, texts = "", "", [""] * CLASSES
        if line == middle:
            label = str(true)
            total = formats.count(int(counts[true].sum())) if layout.total_width else ""
            texts = [text or "·" for text in self._numbers(layout, counts, true, main=True)]
        elif line == middle + 1 and layout.cell_width >= 6:
            texts = self._numbers(layout, counts, true, main=False)
        cells = [Segment(layout.in_cell(text), look) for text, look in zip(texts, looks, strict=True)]
        return Strip(
            [
                Segment(f"{label} ".rjust(layout.gutter), self._label_style(true == self.cursor[0])),
                *cells,
                Segment(total.rjust(layout.total_width), self.get_component_rich_style("matrix--total")),
            ]
        )

    def _numbers(self, layout: MatrixLayout, counts: Integers, true: int, *, main: bool) -> list[str]:
        """Format the main or the second number of a row's cells.

        Counts are the main numbers without normalization, else shares. A count of zero is empty.
        """
        if main == (self.normalization is Normalization.COUNTS):
            return [layout.number(int(count)) if count else "" for count in counts[true]]
        return [layout.share(float(share)) for share in self._shares(counts)[true]]

    def _shares(self, counts: Integers) -> Floats:
        """Return shares of the true or predicted class, float64 [10, 10]."""
        axis = 0 if self.normalization is Normalization.PRECISION else 1
        return np.asarray(counts / np.maximum(1, counts.sum(axis=axis, keepdims=True)))

    def _totals(self, layout: MatrixLayout, counts: Integers) -> Strip:
        style = self.get_component_rich_style("matrix--total")
        columns = "".join(layout.in_cell(layout.number(int(total))) for total in counts.sum(axis=0))
        label = "total " if layout.gutter > 5 else ""
        whole = formats.count(int(counts.sum())).rjust(layout.total_width) if layout.total_width else ""
        return Strip([Segment(label.rjust(layout.gutter) + columns + whole, style)])

    def _label_style(self, at_cursor: bool) -> Style:
        return self.get_component_rich_style("matrix--label-at-cursor" if at_cursor else "matrix--label")

    def _looks(self, counts: Integers) -> list[list[Style]]:
        """Return the style of every cell by its share.

        Errors are scaled by the largest share of an error.
        """
        shares = self._shares(counts)
        largest_wrong = max(float(np.where(np.eye(CLASSES, dtype=bool), 0.0, shares).max()), 1e-9)
        zero = self.get_component_rich_style("matrix--zero")
        looks = [[zero] * CLASSES for _ in range(CLASSES)]
        for true, predicted in zip(*np.nonzero(counts), strict=True):
            share = float(shares[true, predicted])
            is_right = true == predicted
            # Recall is close to 1 for most classes: the fourth power spreads the shades over the last tenths.
            strength = share**4 * 0.6 if is_right else share / largest_wrong
            looks[true][predicted] = self._cell_style("right" if is_right else "wrong", strength)
        looks[self.cursor[0]][self.cursor[1]] = self.get_component_rich_style("matrix--cursor")
        return looks

    def _cell_style(self, kind: str, strength: float) -> Style:
        color = self.get_component_styles(f"matrix--{kind}").color
        background: Color | None
        if has_truecolor(self.app):
            background = self.background_colors[1].blend(color, _FAINTEST + strength * (_STRONGEST - _FAINTEST), 1.0)
        else:
            background = fixed_shade(self.app, is_good=kind in _GOOD, strength=strength)
        if background is None:
            return self.get_component_rich_style(f"matrix--{kind}")
        return Style.from_color(legible_on(background).rich_color, background.rich_color)
