"""Screen 2: which digits are taken for which."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.text.formats import count, percent
from emnist_tui.tui.keymap import Keymap, bind, keymap_of
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.error_review import ErrorFilter
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.border import write_on_border
from emnist_tui.tui.widgets.evaluation_facts import ClassFacts, EvaluationFacts
from emnist_tui.tui.widgets.matrix.confusion_matrix import ConfusionMatrix, Normalization
from emnist_tui.tui.widgets.matrix.pair_list import PairList


class ConfusionScreen(RunScreen):
    """The matrix of one evaluation, and beside it what it says as a whole, of each class, and of each pair."""

    MODE: ClassVar[str] = "confusion"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("mode", "normalize", "Mode", tooltip="Counts, recall (shares of rows), precision (of columns)"),
        bind("epoch-before", "look(-1)", "Epoch", key_display="[ ]", tooltip="Evaluation before, after"),
        bind("epoch-after", "look(1)", "Next epoch", show=False, tooltip="The evaluation after"),
        bind("compare", "compare", "Compare", tooltip="Compare this epoch, or the first, with the run's newest"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._opened: RunSession | None = None

    def compose_body(self) -> ComposeResult:
        with Container(id="confusion-body"):
            with Vertical(id="matrix"):
                yield ConfusionMatrix("The matrix shows what is taken for what, once a network was evaluated")
            with Container(id="beside-matrix"):
                yield EvaluationFacts("")
                yield ClassFacts()
                yield PairList()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(ConfusionMatrix).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "normalize":
            return True if self._evaluation else None
        if action in ("look", "compare"):
            return True if self._opened and len(self._opened.evaluations) > 1 else None
        return super().check_action(action, parameters)

    def show_body(self, opened: RunSession | None) -> None:
        evaluation = opened.evaluation if opened else None
        if opened is not self._opened or evaluation is not self._evaluation or evaluation is None:
            self._opened, self._evaluation = opened, evaluation
            self.query_one(ConfusionMatrix).show(evaluation.confusion if evaluation else None)
            self.query_one(PairList).show(evaluation)
            self.query_one(EvaluationFacts).show(evaluation, _explain_empty(opened, keymap_of(self.app)))
            self.refresh_bindings()
        self._show_around()

    def on_confusion_matrix_cell_highlighted(self) -> None:
        self._show_around()

    def on_confusion_matrix_cell_chosen(self, message: ConfusionMatrix.CellChosen) -> None:
        """A cell opens its errors; one of the diagonal, which has none, all those of its digit."""
        self._open(message.true, message.predicted if message.predicted != message.true else None)

    def on_pair_list_pair_chosen(self, message: PairList.PairChosen) -> None:
        self._open(message.pair.true, message.pair.predicted)

    def action_normalize(self) -> None:
        matrix = self.query_one(ConfusionMatrix)
        matrix.normalization = matrix.normalization.next
        self._show_around()

    def action_look(self, by: int) -> None:
        if self._opened:
            self._opened.evaluations.move(by)
            self.show_body(self._opened)

    def action_compare(self) -> None:
        """What the newest evaluation does better than the one that is looked at, or than the first."""
        if self._opened and len(evaluations := self._opened.evaluations) > 1:
            before = evaluations.position - (len(evaluations) - 1) or 1 - len(evaluations)
            path = self._opened.follower.folder.path
            self.app.push_screen(CompareScreen(ComparisonSide(path, before), ComparisonSide(path)))

    def _open(self, true: int, predicted: int | None) -> None:
        if self._opened and self._opened.evaluation:
            self._opened.review.filter = ErrorFilter(true, predicted, self._opened.review.filter.sort)
            self.app.run_worker(self.app.run_action("app.show('errors')"))

    def _show_around(self) -> None:
        """What depends on the cursor, the mode and the run's other evaluations."""
        matrix, frame = self.query_one(ConfusionMatrix), self.query_one("#matrix")
        evaluation, opened = self._evaluation, self._opened
        cell = _describe_cell(evaluation, matrix.cursor) if evaluation else ""
        write_on_border(frame, _title(opened, matrix.normalization), cell)
        recalls = opened.evaluations.recalls() if opened and evaluation else None
        self.query_one(ClassFacts).show(evaluation, recalls, matrix.cursor[0])


def _title(opened: RunSession | None, mode: Normalization) -> str:
    if opened is None or opened.evaluation is None or opened.evaluated is None:
        return "Confusion"
    epoch, last = opened.evaluated.epoch, opened.evaluations.last_epoch
    which = f" · epoch {epoch}" if epoch else ""
    which += f" of {last}" if epoch and last > 1 else ""
    return f"Confusion{which} · {percent(opened.evaluation.accuracy, 2)} right · {mode}"


def _describe_cell(evaluation: Evaluation, cell: tuple[int, int]) -> str:
    true, predicted = cell
    number = int(evaluation.confusion[true, predicted])
    of_true = percent(float(evaluation.normalized_by_true()[true, predicted]))
    of_answers = percent(float(evaluation.normalized_by_predicted()[true, predicted]))
    what = f"{true} right" if true == predicted else f"{true} taken for {predicted}"
    return f"{what}: {count(number)} · {of_true} of {true}s · {of_answers} of answers {predicted}"


def _explain_empty(opened: RunSession | None, keys: Keymap) -> str:
    if opened is None:
        return f"No run open.\n\n{keys.label('new')} trains a network,\n{keys.label('runs')} lists what is there."
    if opened.state.is_live:
        return "The first evaluation comes\nat the end of the first epoch."
    return f"No evaluation yet.\n\n{keys.label('test')} evaluates the last checkpoint."
