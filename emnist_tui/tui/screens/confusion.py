"""Screen 2: which digits are taken for which."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from emnist_tui.runs.evaluation import CLASSES, Evaluation
from emnist_tui.tui.formats import count, loss, percent, printable
from emnist_tui.tui.opened import ErrorFilter, Opened
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.widgets.confusion_matrix import ConfusionMatrix

Row = tuple[str, str]

_MOST_PAIRS = 8
_NARROW_ROWS = 4


class ConfusionScreen(RunScreen):
    """The matrix, and beside it what its totals and the cell under the cursor say."""

    MODE: ClassVar[str] = "confusion"

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._opened: Opened | None = None

    def compose_body(self) -> ComposeResult:
        with Container(id="confusion-body"):
            with Vertical(id="matrix") as frame:
                frame.border_title = "Confusion"
                yield ConfusionMatrix("The matrix shows what is taken for what, once a network was evaluated")
            yield EvaluationFacts()

    def show_body(self, opened: Opened | None) -> None:
        self._opened = opened
        evaluation = opened.evaluation if opened else None
        if evaluation is self._evaluation and evaluation is not None:
            return
        self._evaluation = evaluation
        matrix = self.query_one(ConfusionMatrix)
        matrix.show(evaluation.confusion if evaluation else None)
        self.query_one("#matrix").border_subtitle = Content(_summary(evaluation)) if evaluation else ""
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
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
        padding: 0 1;
    }
    """
    BORDER_TITLE = "Evaluation"

    _shown: tuple[Opened | None, tuple[int, int]] = (None, (0, 0))

    def on_resize(self) -> None:
        self.show(*self._shown)

    def show(self, opened: Opened | None, cell: tuple[int, int]) -> None:
        self._shown = (opened, cell)
        if opened is None or opened.evaluation is None:
            self.update(Text(_explain_empty(opened), "dim"))
            return
        epoch = opened.evaluated.epoch if opened.evaluated else 0
        self.border_subtitle = Content(f"after epoch {epoch}" if epoch else "")
        blocks = [_whole(opened.evaluation), _cell(opened.evaluation, cell), _pairs(opened.evaluation)]
        self.update(_stacked(blocks) if self.size.height > _NARROW_ROWS else _beside(blocks))


def _explain_empty(opened: Opened | None) -> str:
    if opened is None:
        return "Nothing opened.\n\nn trains a network,\n4 lists runs and checkpoints."
    if opened.state.is_live:
        return "The first evaluation comes\nat the end of the first epoch."
    return "No evaluation yet.\n\ne evaluates the last checkpoint."


def _summary(evaluation: Evaluation) -> str:
    return f"{percent(evaluation.accuracy, 2)} of {count(evaluation.images)} {evaluation.split} images right"


def _whole(evaluation: Evaluation) -> list[Row]:
    return [
        ("accuracy", percent(evaluation.accuracy, 2)),
        ("loss", loss(evaluation.loss)),
        (f"{evaluation.split} images", count(evaluation.images)),
        ("wrong", count(len(evaluation.wrong))),
    ]


def _cell(evaluation: Evaluation, cell: tuple[int, int]) -> list[Row]:
    true, predicted = cell
    row, column = evaluation.confusion[true], evaluation.confusion[:, predicted]
    number = int(row[predicted])
    return [
        (f"{true} right" if true == predicted else f"{true} taken for {predicted}", count(number)),
        (f"of all {true}s", percent(_share(number, int(row.sum())))),
        (f"of answers {predicted}", percent(_share(number, int(column.sum())))),
    ]


def _pairs(evaluation: Evaluation) -> list[Row]:
    pairs = most_confused(evaluation)
    return [(f"{true} taken for {predicted}", count(number)) for true, predicted, number in pairs] or [
        ("no mistakes", "")
    ]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _stacked(blocks: list[list[Row]]) -> Table:
    """One under the other, a line between."""
    return _grid([row for block in blocks for row in [*block, ("", "")]])


def _beside(blocks: list[list[Row]]) -> Table:
    row = Table.grid(padding=(0, 2), expand=True)
    for _ in blocks:
        row.add_column(ratio=1)
    row.add_row(*(_grid(block[:_NARROW_ROWS]) for block in blocks))
    return row


def _grid(rows: list[Row]) -> Table:
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(no_wrap=True, style="dim", ratio=1)
    grid.add_column(no_wrap=True, justify="right")
    for name, value in rows:
        grid.add_row(Text(printable(name)), value)
    return grid


def most_confused(evaluation: Evaluation) -> list[tuple[int, int, int]]:
    """True, predicted and number of the cells off the diagonal that hold most, at most `_MOST_PAIRS`."""
    confusion = evaluation.confusion
    pairs = [(t, p, int(confusion[t, p])) for t in range(CLASSES) for p in range(CLASSES) if t != p]
    return [pair for pair in sorted(pairs, key=lambda pair: -pair[2])[:_MOST_PAIRS] if pair[2]]
