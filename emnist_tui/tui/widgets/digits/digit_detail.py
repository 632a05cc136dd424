"""One misclassified digit, enlarged, with its probabilities and nearest neighbors."""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip

from emnist_tui.analysis.neighbors import Neighbor
from emnist_tui.analysis.predictions import Mistake
from emnist_tui.text import formats
from emnist_tui.text.bars import bar
from emnist_tui.tui.widgets.digits.detail_layout import BARS, GAP, Arrangement, DetailLayout, lay_out
from emnist_tui.tui.widgets.digits.digit_widget import DigitWidget, Line
from emnist_tui.tui.widgets.digits.neighbor_view import draw_neighbor, draw_sentence

_WIDEST_BAR = 44
_BETWEEN_NEIGHBORS = 3


@dataclass(frozen=True, eq=False)
class DigitFacts:
    """Facts about a digit beyond the network's prediction; unknown facts are omitted."""

    rank: int | None = None
    """Rank among all mistakes by loss, from 1."""
    mistakes: int = 0
    """Number of all mistakes."""
    verdict: str | None = None
    """The user's verdict; empty if not judged, None if unknown."""
    neighbors: tuple[Neighbor | None, Neighbor | None] | None = None
    """Nearest correctly classified images of the true and of the predicted class."""
    sentence: str = ""
    """Text in place of missing neighbors."""


class DigitDetail(DigitWidget):
    """Largest digit that fits, the probabilities of all classes, and neighbors."""

    DEFAULT_CSS = """
    DigitDetail {
        & > .detail--true { color: $secondary; text-style: bold; }
        & > .detail--predicted { color: $warning; text-style: bold; }
        & > .detail--other { color: $foreground 80%; }
        & > .detail--verdict { color: $accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"detail--true", "detail--predicted", "detail--other", "detail--verdict"}

    def __init__(self, hint: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        """Create an empty view; `hint` is shown while it has no digit."""
        super().__init__(hint, id=id, classes=classes)
        self._mistake: Mistake | None = None
        self._facts = DigitFacts()

    def show(self, mistake: Mistake | None, facts: DigitFacts | None = None) -> None:
        """Show a digit and its facts, or the hint for None."""
        self._mistake, self._facts = mistake, facts or DigitFacts()
        self._invalidate()

    def _drawn(self) -> list[Strip]:
        if self._mistake is None:
            return []
        width, height = self.size
        facts = self._fact_lines(self._mistake, width)
        has_neighbors = bool(self._facts.neighbors or self._facts.sentence)
        layout = lay_out(self.size, len(facts), neighbors=has_neighbors)
        digit = self._digit(self._mistake.image, layout.columns) if layout.columns else []
        lines = self._arranged(self._mistake, layout, digit, facts[: layout.facts])
        return [Strip(line) for line in lines[:height]]

    def _arranged(self, mistake: Mistake, layout: DetailLayout, digit: list[Line], facts: list[Line]) -> list[Line]:
        width, height = self.size
        left = layout.columns + GAP if layout.columns else 0
        if layout.arrangement is Arrangement.SPLIT:
            blank: list[Line] = [[]] if len(digit) + len(facts) < height else []
            bars = self._bars(mistake, width - left)
            return self._side_by_side([*digit, *blank, *facts], [*bars, *self._neighbors(layout, width - left)], left)
        if layout.arrangement is Arrangement.ABOVE:
            lines = [*digit, *self._panel(mistake, facts, width, height - len(digit))]
        else:
            panel = self._panel(mistake, facts, width - left, height)
            above = max(0, (len(digit) - len(panel)) // 2)
            lines = self._side_by_side(digit, [*([] for _ in range(above)), *panel], left)
        return [*lines, [], *self._neighbors(layout, width)] if layout.neighbors else lines

    def _panel(self, mistake: Mistake, facts: list[Line], width: int, rows: int) -> list[Line]:
        """Put facts above probabilities, separated by a blank line if it fits."""
        blank: list[Line] = [[]] if rows > len(facts) + BARS else []
        return [*facts, *blank, *self._bars(mistake, width)]

    def _fact_lines(self, mistake: Mistake, width: int) -> list[Line]:
        """Return the lines of facts, the most important first."""
        quiet = self._part("digit--quiet")
        facts = self._facts
        index, loss = f"#{formats.count(mistake.index)}", f"loss {formats.loss(mistake.loss)}"
        lines: list[Line] = [
            [
                Segment(f"true {mistake.true}", self._part("detail--true")),
                Segment("   ", quiet),
                Segment(f"predicted {mistake.predicted}", self._part("detail--predicted")),
            ],
            [Segment(_longest_fitting(width, f"{index}  {loss}", index), quiet)],
        ]
        if facts.verdict is not None:
            style = self._part("detail--verdict") if facts.verdict else quiet
            lines.append([Segment(f"judged {facts.verdict}" if facts.verdict else "not judged", style)])
        if facts.rank is not None:
            rank, whole = formats.count(facts.rank), formats.count(facts.mistakes)
            lines.append([Segment(_longest_fitting(width, f"rank {rank} of {whole} by loss", f"rank {rank}"), quiet)])
        return [*lines, [Segment(f"margin {formats.percent(mistake.margin)}", quiet)]]

    def _bars(self, mistake: Mistake, width: int) -> list[Line]:
        return [self._bar(mistake, digit, min(width, _WIDEST_BAR)) for digit in range(len(mistake.probabilities))]

    def _bar(self, mistake: Mistake, digit: int, width: int) -> Line:
        """Draw one probability, such as `4 ████▌      45.1 %`.

        The bar is omitted if only the number fits.
        """
        kind = {mistake.true: "true", mistake.predicted: "predicted"}.get(digit, "other")
        probability = float(mistake.probabilities[digit])
        number = formats.percent(probability).rjust(8)
        room = max(0, width - len(number) - 2)
        return [Segment(f"{digit} {bar(probability, room)}{number}", self._part(f"detail--{kind}"))]

    def _neighbors(self, layout: DetailLayout, width: int) -> list[Line]:
        """Draw both neighbors, or the sentence in their place.

        A blank line comes first where it fits beside the digit.
        """
        quiet = self._part("digit--quiet")
        columns, rows = layout.neighbors, layout.neighbor_rows
        blank: list[Line] = [[]] if layout.arrangement is Arrangement.SPLIT and rows > columns // 2 + 2 else []
        mistake, pair = self._mistake, self._facts.neighbors
        if mistake is None or pair is None:
            return [*blank, *draw_sentence(self._facts.sentence, width, rows - len(blank), quiet)]
        styles = (self._part("detail--true"), self._part("detail--predicted"))
        true, predicted = (
            draw_neighbor(neighbor, digit, columns, rows - len(blank), self._digit, (style, quiet))
            for neighbor, digit, style in zip(pair, (mistake.true, mistake.predicted), styles, strict=True)
        )
        return [*blank, *self._side_by_side(true, predicted, min(columns + _BETWEEN_NEIGHBORS, width - columns))]

    def _side_by_side(self, left: list[Line], right: list[Line], width: int) -> list[Line]:
        """Join lines pairwise; the right ones start at column `width`."""
        rows = max(len(left), len(right))
        left, right = ([*lines, *([] for _ in range(rows - len(lines)))] for lines in (left, right))
        return [
            [*Strip(line).adjust_cell_length(width, self.rich_style), *beside]
            for line, beside in zip(left, right, strict=True)
        ]


def _longest_fitting(width: int, *texts: str) -> str:
    return next((text for text in texts if len(text) <= width), texts[-1])
