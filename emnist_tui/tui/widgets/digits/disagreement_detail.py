"""One digit large, and beside it what two networks make of it."""

from itertools import zip_longest
from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip

from emnist_tui.analysis.disagreements import Disagreement, ModelPrediction
from emnist_tui.text import formats
from emnist_tui.text.ascii_art import fitting_columns
from emnist_tui.text.bars import bar
from emnist_tui.tui.widgets.digits.digit_widget import DigitWidget, Line

_LEAST_PANEL = 22
_PANEL_HEIGHT = 15
_WIDEST_COLUMN = 30
_GAP = 2
_NUMBER = 8  # cells of a share


class DisagreementDetail(DigitWidget):
    """The digit as large as fits, and the probabilities of all ten classes in a column each for A and B."""

    DEFAULT_CSS = """
    DisagreementDetail {
        & > .opinion--true { color: $secondary; text-style: bold; }
        & > .opinion--wrong { color: $warning; text-style: bold; }
        & > .opinion--other { color: $foreground 80%; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"opinion--true", "opinion--wrong", "opinion--other"}

    def __init__(self, names: tuple[str, str]) -> None:
        super().__init__()
        self._names = names
        self._shown: Disagreement | None = None

    def show(self, opinions: Disagreement) -> None:
        self._shown = opinions
        self._start_anew()

    def _drawn(self) -> list[Strip]:
        """Beside each other or, where the digit is as large, one above the other, which leaves the bars more room."""
        if self._shown is None:
            return []
        width, height = self.size
        beside = fitting_columns(width - _LEAST_PANEL - _GAP, height) or 0
        above = fitting_columns(width, height - _PANEL_HEIGHT) or 0
        columns = max(beside, above)
        digit = self._digit(self._shown.image, columns) if columns else []
        if above >= beside:
            return [Strip(line) for line in [*digit, *self._panel(self._shown, width)][:height]]
        return self._side_by_side(digit, self._panel(self._shown, width - columns - _GAP), columns + _GAP)[:height]

    def _side_by_side(self, digit: list[Line], panel: list[Line], left: int) -> list[Strip]:
        """The shorter one in the middle of the other's height; the panel begins at column `left`."""
        shift = (len(digit) - len(panel)) // 2
        nothing: Line = []
        digit, panel = [nothing] * -shift + digit, [nothing] * shift + panel
        return [
            Strip.join((Strip(one).adjust_cell_length(left, self.rich_style), Strip(other)))
            for one, other in zip_longest(digit, panel, fillvalue=nothing)
        ]

    def _panel(self, shown: Disagreement, width: int) -> list[Line]:
        quiet = self._part("digit--quiet")
        column = min(_WIDEST_COLUMN, (width - 2 - _GAP) // 2)
        opinions = (shown.a, shown.b)
        gap = Segment(" " * _GAP, quiet)
        letters = [Segment(letter.ljust(column), quiet) for letter in self._letters(column)]
        losses = [
            Segment(_fitting(column, f"loss {formats.loss(o.loss)}", formats.loss(o.loss)), quiet) for o in opinions
        ]
        answers = [self._answer(shown, opinion, column) for opinion in opinions]
        facts = f"#{formats.count(shown.index)}  disagreement {formats.percent(shown.disagreement)}"
        index = f"#{formats.count(shown.index)}"
        return [
            [Segment(f"true {shown.true}", self._part("opinion--true"))],
            [Segment(_fitting(width, facts, index).rstrip(), quiet)],
            *([Segment("  ", quiet), left, gap, right] for left, right in (letters, answers, losses)),
            *(self._bars(shown, digit, column) for digit in range(len(shown.probabilities))),
        ]

    def _letters(self, width: int) -> list[str]:
        """With the names where both fit."""
        named = [f"{letter} {name}" for letter, name in zip("AB", self._names, strict=True)]
        return named if all(len(name) <= width for name in named) else ["A", "B"]

    def _answer(self, shown: Disagreement, opinion: ModelPrediction, width: int) -> Segment:
        kind = "true" if opinion.predicted == shown.true else "wrong"
        return Segment(f"says {opinion.predicted}".ljust(width), self._part(f"opinion--{kind}"))

    def _loss(self, opinion: ModelPrediction, width: int) -> Segment:
        loss = formats.loss(opinion.loss)
        return Segment(_fitting(width, f"loss {loss}", loss), self._part("digit--quiet"))

    def _bars(self, shown: Disagreement, digit: int, width: int) -> Line:
        """`4 ████▌   45.1 %  █▌    12.0 %`; bars are left out where only the numbers fit."""
        line = [Segment(f"{digit} ", self._part("opinion--true" if digit == shown.true else "opinion--other"))]
        for opinion in (shown.a, shown.b):
            kind = "true" if digit == shown.true else "wrong" if digit == opinion.predicted else "other"
            probability = float(opinion.probabilities[digit])
            text = bar(probability, max(0, width - _NUMBER)) + formats.percent(probability).rjust(_NUMBER)
            line += [Segment(text, self._part(f"opinion--{kind}")), Segment(" " * _GAP, self.rich_style)]
        return line[:-1]


def _fitting(width: int, *texts: str) -> str:
    """The first text that fits, filled up with spaces."""
    return next((text for text in texts if len(text) <= width), "").ljust(width)
