"""One digit, enlarged, with the predictions of two networks."""

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
_NUMBER = 8  # columns of a probability


class DisagreementDetail(DigitWidget):
    """Largest digit that fits, and a column of probabilities for each network."""

    DEFAULT_CSS = """
    DisagreementDetail {
        & > .prediction--true { color: $secondary; text-style: bold; }
        & > .prediction--wrong { color: $warning; text-style: bold; }
        & > .prediction--other { color: $foreground 80%; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"prediction--true", "prediction--wrong", "prediction--other"}

    def __init__(self, names: tuple[str, str]) -> None:
        """Create an empty view; `names` are those of networks A and B."""
        super().__init__()
        self._names = names
        self._shown: Disagreement | None = None

    def show(self, disagreement: Disagreement) -> None:
        self._shown = disagreement
        self._invalidate()

    def _drawn(self) -> list[Strip]:
        """Draw digit and panel side by side.

        The panel is below the digit if the digit gets no smaller, because that leaves more room for the bars.
        """
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
        """Center both vertically; the panel starts at column `left`."""
        shift = (len(digit) - len(panel)) // 2
        blank: Line = []
        digit, panel = [blank] * -shift + digit, [blank] * shift + panel
        return [
            Strip.join((Strip(one).adjust_cell_length(left, self.rich_style), Strip(other)))
            for one, other in zip_longest(digit, panel, fillvalue=blank)
        ]

    def _panel(self, shown: Disagreement, width: int) -> list[Line]:
        quiet = self._part("digit--quiet")
        column = min(_WIDEST_COLUMN, (width - 2 - _GAP) // 2)
        predictions = (shown.a, shown.b)
        gap = Segment(" " * _GAP, quiet)
        rows = (
            [Segment(letter.ljust(column), quiet) for letter in self._letters(column)],
            [self._predicted(shown, prediction, column) for prediction in predictions],
            [self._loss(prediction, column) for prediction in predictions],
        )
        index = f"#{formats.count(shown.index)}"
        facts = f"{index}  disagreement {formats.percent(shown.disagreement)}"
        return [
            [Segment(f"true {shown.true}", self._part("prediction--true"))],
            [Segment(_fitting(width, facts, index).rstrip(), quiet)],
            *([Segment("  ", quiet), left, gap, right] for left, right in rows),
            *(self._bars(shown, digit, column) for digit in range(len(shown.probabilities))),
        ]

    def _letters(self, width: int) -> list[str]:
        """Return A and B, with the networks' names if both fit."""
        named = [f"{letter} {name}" for letter, name in zip("AB", self._names, strict=True)]
        return named if all(len(name) <= width for name in named) else ["A", "B"]

    def _predicted(self, shown: Disagreement, prediction: ModelPrediction, width: int) -> Segment:
        kind = "true" if prediction.predicted == shown.true else "wrong"
        text = _fitting(width, f"predicted {prediction.predicted}", f"pred. {prediction.predicted}")
        return Segment(text, self._part(f"prediction--{kind}"))

    def _loss(self, prediction: ModelPrediction, width: int) -> Segment:
        loss = formats.loss(prediction.loss)
        return Segment(_fitting(width, f"loss {loss}", loss), self._part("digit--quiet"))

    def _bars(self, shown: Disagreement, digit: int, width: int) -> Line:
        """Draw both networks' probabilities of a class.

        A line is like `4 ████▌   45.1 %  █▌    12.0 %`; bars are omitted if only the numbers fit.
        """
        line = [Segment(f"{digit} ", self._part("prediction--true" if digit == shown.true else "prediction--other"))]
        for prediction in (shown.a, shown.b):
            kind = "true" if digit == shown.true else "wrong" if digit == prediction.predicted else "other"
            probability = float(prediction.probabilities[digit])
            text = bar(probability, max(0, width - _NUMBER)) + formats.percent(probability).rjust(_NUMBER)
            line += [Segment(text, self._part(f"prediction--{kind}")), Segment(" " * _GAP, self.rich_style)]
        return line[:-1]


def _fitting(width: int, *texts: str) -> str:
    """Return the first text that fits, padded to `width`."""
    return next((text for text in texts if len(text) <= width), "").ljust(width)
