"""Screen 2: which digits are taken for which."""

from typing import ClassVar

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from emnist_tui.runs.evaluation import CLASSES, Evaluation
from emnist_tui.tui.formats import count, loss, percent
from emnist_tui.tui.opened import ErrorFilter, Opened
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.widgets.confusion_matrix import ConfusionMatrix

_MOST_PAIRS = 5


class ConfusionScreen(RunScreen):
    """The matrix, and beside it what its totals and the cell under the cursor say."""

    MODE: ClassVar[str] = "confusion"

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._opened: Opened | None = None

    def compose_body(self) -> ComposeResult:
        with Horizontal():
            yield ConfusionMatrix()
            yield EvaluationFacts()

    def show_body(self, opened: Opened | None) -> None:
        self._opened = opened
        evaluation = opened.evaluation if opened else None
        if evaluation is self._evaluation and evaluation is not None:
            return
        self._evaluation = evaluation
        matrix = self.query_one(ConfusionMatrix)
        matrix.show(evaluation.confusion if evaluation else None)
        self._show_facts()

    def on_confusion_matrix_cell_highlighted(self) -> None:
        self._show_facts()

    def on_confusion_matrix_cell_chosen(self, message: ConfusionMatrix.CellChosen) -> None:
        """A cell opens its errors; one of the diagonal, which has none, all those of its digit."""
        if self._opened and self._opened.evaluation:
            predicted = message.predicted if message.predicted != message.true else None
            self._opened.filter = ErrorFilter(message.true, predicted, self._opened.filter.sort)
            self.app.run_worker(self.app.run_action("app.show('errors')"))

    def _show_facts(self) -> None:
        self.query_one(EvaluationFacts).show(self._opened, self.query_one(ConfusionMatrix).cursor)


class EvaluationFacts(Static):
    """Accuracy and loss as a whole, the cell under the cursor in words, and the pairs most confused."""

    DEFAULT_CSS = """
    EvaluationFacts {
        border: round $surface-lighten-2;
        padding: 0 1;
        width: 1fr;
        height: 1fr;
    }
    """
    BORDER_TITLE = "Evaluation"

    def show(self, opened: Opened | None, cell: tuple[int, int]) -> None:
        if opened is None or opened.evaluation is None:
            self.update(Text(_explain_empty(opened), "dim"))
            return
        self.update(_facts(opened, opened.evaluation, cell))


def _explain_empty(opened: Opened | None) -> str:
    if opened is None:
        return "Nothing opened.\n\nn trains a network,\n4 lists runs and checkpoints."
    if opened.state.is_live:
        return "The first evaluation comes\nat the end of the first epoch."
    return "No evaluation yet.\n\ne evaluates the last checkpoint."


def _facts(opened: Opened, evaluation: Evaluation, cell: tuple[int, int]) -> RenderableType:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(no_wrap=True, justify="right", ratio=1, overflow="ellipsis")
    grid.add_row("accuracy", Text(percent(evaluation.accuracy, 2), "bold"))
    grid.add_row("loss", loss(evaluation.loss))
    grid.add_row("images", count(evaluation.images))
    grid.add_row("wrong", count(len(evaluation.wrong)))
    grid.add_row("split", evaluation.split)
    if opened.evaluated and not opened.checkpoint:
        grid.add_row("epoch", str(opened.evaluated.epoch))
    grid.add_row("", "")
    true, predicted = cell
    confusion = evaluation.confusion
    number, support = int(confusion[true, predicted]), int(confusion[true].sum())
    verb = "right" if true == predicted else f"taken for {predicted}"
    grid.add_row(f"{true} {verb}", count(number))
    grid.add_row(f"of all {true}s", percent(number / support if support else None))
    grid.add_row("", "")
    grid.add_row("most confused", "")
    for pair_true, pair_predicted, pair_count in most_confused(evaluation):
        grid.add_row(f"  {pair_true} taken for {pair_predicted}", count(pair_count))
    return grid


def most_confused(evaluation: Evaluation) -> list[tuple[int, int, int]]:
    """True, predicted and number of the cells off the diagonal that hold most, at most `_MOST_PAIRS`."""
    confusion = evaluation.confusion
    pairs = [(t, p, int(confusion[t, p])) for t in range(CLASSES) for p in range(CLASSES) if t != p]
    return [pair for pair in sorted(pairs, key=lambda pair: -pair[2])[:_MOST_PAIRS] if pair[2]]
