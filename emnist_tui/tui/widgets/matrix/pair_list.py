"""List of the most confused pairs of classes."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from emnist_tui.analysis.metrics import ConfusedPair
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.text.formats import count
from emnist_tui.tui.widgets.choice_list import ChoiceList

_MOST_PAIRS = 20
_WIDTH = 36  # columns of a line with words instead of arrows


class PairList(ChoiceList):
    """Confused pairs, most frequent first, with the reverse direction's count.

    Enter posts `PairChosen`.
    """

    DEFAULT_CSS = """
    PairList {
        height: 1fr;
        scrollbar-size-vertical: 1;
    }
    """
    BORDER_TITLE = "Most confused"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Digits", tooltip="Show the digits of this pair")
    ]

    class PairChosen(Message):
        """A pair was chosen with Enter or a click."""

        def __init__(self, pair: ConfusedPair) -> None:
            super().__init__()
            self.pair = pair

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._evaluation: Evaluation | None = None
        self._pairs: list[ConfusedPair] = []

    def show(self, evaluation: Evaluation | None) -> None:
        if evaluation is not self._evaluation:
            self._evaluation = evaluation
            self._pairs = evaluation.most_confused(_MOST_PAIRS) if evaluation else []
            self._fill()

    @property
    def chosen(self) -> tuple[int, int] | None:
        """True and predicted class of the pair under the cursor, if any."""
        if self.highlighted is None or self.highlighted >= len(self._pairs):
            return None
        return self._pairs[self.highlighted].true, self._pairs[self.highlighted].predicted

    def on_resize(self) -> None:
        self._fill()

    def _fill(self) -> None:
        highlighted = self.highlighted
        self.clear_options()
        if self._evaluation:
            write = _line if self.size.width >= _WIDTH else _short_line
            options = [Option(write(pair, self._evaluation)) for pair in self._pairs]
            self.add_options(options or [Option("no mistakes", disabled=True)])
        if highlighted is not None and highlighted < len(self._pairs):
            self.highlighted = highlighted

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.PairChosen(self._pairs[event.option_index]))


def _line(pair: ConfusedPair, evaluation: Evaluation) -> Content:
    back = int(evaluation.confusion[pair.predicted, pair.true])
    return Content.assemble(
        f"{pair.true} predicted as {pair.predicted} {count(pair.count):>5}",
        (f"  {pair.predicted} as {pair.true} {count(back):>4}", "dim"),
    )


def _short_line(pair: ConfusedPair, evaluation: Evaluation) -> Content:
    back = int(evaluation.confusion[pair.predicted, pair.true])
    return Content.assemble(
        f"{pair.true}→{pair.predicted} {count(pair.count):>5}",
        (f"  {pair.predicted}→{pair.true} {count(back):>4}", "dim"),
    )
