"""Screen 2, Confusion: the confusion matrix and metrics of one evaluation."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from emnist_tui.analysis.predictions import Evaluation, Mistake
from emnist_tui.runs.folder import is_file
from emnist_tui.text.formats import count, percent
from emnist_tui.tui.keymap import Keymap, bind, keymap_of
from emnist_tui.tui.screens.compare import CompareScreen
from emnist_tui.tui.screens.replay_keys import ReplayActions
from emnist_tui.tui.screens.way_inside import WayInside
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.error_review import ErrorFilter
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.session.step_evaluations import COMPUTING
from emnist_tui.tui.widgets.border import Framed, write_on_border
from emnist_tui.tui.widgets.evaluation_facts import ClassFacts, EvaluationFacts
from emnist_tui.tui.widgets.matrix.confusion_matrix import ConfusionMatrix, Normalization
from emnist_tui.tui.widgets.matrix.pair_list import PairList

_FRAME = 1 / 30  # seconds until a part is certain to be painted; Textual paints at 60 Hz
_FIRST = "The confusion matrix appears after the first evaluation."
_FAILED = "There is no confusion matrix without an evaluation."
_EPOCH = Binding.Group("Epoch")


class ConfusionScreen(ReplayActions, WayInside):
    """Confusion matrix, overall and per-class metrics, and the most confused pairs."""

    MODE: ClassVar[str] = "confusion"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "mode",
            "normalize",
            "Mode",
            tooltip="Show counts, recall (row shares) or precision (column shares)",
        ),
        bind("epoch-before", "look(-1)", "Previous epoch", group=_EPOCH, tooltip="Show the previous evaluation"),
        bind("epoch-after", "look(1)", "Next epoch", group=_EPOCH, tooltip="Show the next evaluation"),
        bind("compare", "compare", "Compare", tooltip="Compare this epoch, or the first, with the newest"),
        bind("play", "replay_play", "Play", tooltip="Play the recorded weights; again: faster, at last stop"),
        Binding("escape", "leave_replay", "Epochs", key_display="esc", tooltip="Leave the replay's step"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._opened: RunSession | None = None
        self._step: int | None = None
        """Step of the replay that the evaluation is of."""
        self._hint = ""
        """Why there is no evaluation at the replay's step."""
        self._parts: list[Callable[[], object]] = []
        """Updates of the screen for its evaluation that are yet to be made."""

    def compose_body(self) -> ComposeResult:
        with Container(id="confusion-body"):
            with Framed(id="matrix"):
                yield ConfusionMatrix(_FIRST)
            with Container(id="beside-matrix"):
                yield EvaluationFacts("")
                yield ClassFacts()
                yield PairList()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(ConfusionMatrix).focus()

    def on_border_resized(self) -> None:
        self._show_around()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "normalize":
            return True if self._evaluation else None
        if action == "look" and self._is_replaying:
            return True
        if action in ("look", "compare"):
            return True if self._opened and len(self._opened.evaluations) > 1 else None
        return super().check_action(action, parameters)

    def show_body(self, opened: RunSession | None) -> None:
        evaluation, step, hint = _chosen(opened)
        if hint == COMPUTING and opened is self._opened:
            return  # a blank in between would only flicker
        is_same = opened is self._opened and evaluation is self._evaluation and (step, hint) == (self._step, self._hint)
        if is_same and (evaluation is not None or hint):
            if not self._parts:
                self._show_around()
            return
        self._step, self._hint = step, hint
        is_next = opened is self._opened and evaluation is not None and self._evaluation is not None
        self._opened, self._evaluation = opened, evaluation
        is_failed = opened is not None and opened.checkpoint is not None and not opened.state.is_live
        self.query_one(ConfusionMatrix).explain_empty(hint or (_FAILED if is_failed else _FIRST))
        self._parts = [
            lambda: self.query_one(ConfusionMatrix).show(evaluation.confusion if evaluation else None),
            self._show_around,
            lambda: self.query_one(PairList).show(evaluation),
            lambda: self.query_one(EvaluationFacts).show(
                evaluation, hint or _explain_empty(opened, keymap_of(self.app))
            ),
            self.refresh_bindings,
        ]
        self._show_part() if is_next else self._show_parts()

    def _show_parts(self) -> None:
        while self._parts:
            self._parts.pop(0)()

    def _show_part(self) -> None:
        """Show one part of the next evaluation in each frame.

        Keys are handled in between.
        """
        if self._parts:
            self._parts.pop(0)()
            self.set_timer(_FRAME, self._show_part)

    def on_confusion_matrix_cell_highlighted(self) -> None:
        self._show_around()

    def on_confusion_matrix_cell_chosen(self, message: ConfusionMatrix.CellChosen) -> None:
        """Open the errors of the cell.

        A diagonal cell opens all errors of its digit.
        """
        self._open(message.true, message.predicted if message.predicted != message.true else None)

    def on_pair_list_pair_chosen(self, message: PairList.PairChosen) -> None:
        self._open(message.pair.true, message.pair.predicted)

    def action_normalize(self) -> None:
        matrix = self.query_one(ConfusionMatrix)
        matrix.normalization = matrix.normalization.next
        self._show_around()

    def action_look(self, by: int) -> None:
        if self._opened and self._is_replaying:
            self.action_replay_step(by)
        elif self._opened:
            before = self._opened.evaluations.position
            self._opened.evaluations.move(by)
            if by < 0 and self._opened.evaluations.position == before and self._opened.evaluations.has_removed_before:
                config = self._opened.record.config
                kept = f"its newest {count(config.keep_epochs)}" if config else "only its newest"
                self.notify(f"Earlier epochs are not kept: this run keeps {kept}.", markup=False)
            self.show_body(self._opened)

    def action_compare(self) -> None:
        """Compare this epoch, or the first, with the newest."""
        if self._opened and len(evaluations := self._opened.evaluations) > 1:
            before = -evaluations.places_behind or 1 - len(evaluations)
            path = self._opened.follower.folder.path
            sides = [ComparisonSide(path, move, evaluations=evaluations.copy()) for move in (before, 0)]
            screen = CompareScreen(*sides)
            screen.about = self._opened
            self.app.push_screen(screen)

    @property
    def digit_inside(self) -> Mistake | None:
        """Worst mistake of the chosen pair or cell.

        Where there is none, as on the diagonal, it is the worst of the true class, else of all.
        """
        pairs = self.query_one(PairList)
        true, predicted = (pairs.has_focus and pairs.chosen) or self.query_one(ConfusionMatrix).cursor
        evaluation = self._opened.evaluation if self._opened else None  # that of a replay's step has no images
        for cell in ((true, predicted), (true, None), (None, None)):
            if evaluation and (mistakes := evaluation.mistakes(*cell)):
                return mistakes[0]
        return None

    @property
    def _is_replaying(self) -> bool:
        return self._opened is not None and self._opened.replay.position is not None

    def _open(self, true: int, predicted: int | None) -> None:
        if self._opened and self._opened.evaluation:
            self._opened.review.filter = ErrorFilter(true, predicted, self._opened.review.filter.sort)
            self.app.call_later(self.app.run_action, "app.show('errors')")

    def _show_around(self) -> None:
        """Update the matrix border and the class metrics beside it."""
        matrix, frame = self.query_one(ConfusionMatrix), self.query_one("#matrix")
        evaluation, opened = self._evaluation, self._opened
        room = frame.size.width  # the border has as much room as the padded content
        cells = _describe_cell(evaluation, matrix.cursor) if evaluation else [""]
        cell = next((text for text in cells if len(text) <= room), cells[-1])
        if self._step is not None and evaluation:
            titles = _replay_titles(self._step, evaluation, matrix.normalization)
        else:
            titles = _titles(opened, matrix.normalization)
        write_on_border(frame, next((title for title in titles if len(title) <= room), titles[-1]), cell)
        recalls = opened.evaluations.recalls() if opened and evaluation and self._step is None else None
        self.query_one(ClassFacts).show(evaluation, recalls, matrix.cursor[0])


def _chosen(opened: RunSession | None) -> tuple[Evaluation | None, int | None, str]:
    """Return the evaluation to show, and the replay's step.

    The last is why there is no evaluation at the step.
    """
    if opened is None or opened.replay.position is None:
        return opened.evaluation if opened else None, None, ""
    replayed = opened.step_evaluations.poll()
    return (replayed[1], replayed[0], "") if replayed else (None, None, opened.step_evaluations.status)


def _replay_titles(step: int, evaluation: Evaluation, mode: Normalization) -> list[str]:
    """Return the title of a step's matrix in several wordings."""
    digits, accuracy = f"{count(evaluation.images)} test digits", percent(evaluation.accuracy, 1)
    return [
        f"{digits} · step {count(step)} · accuracy {accuracy} · {mode} · esc: epochs",
        f"{digits} · step {count(step)} · {accuracy} · esc: epochs",
        f"{digits} · step {count(step)}",
    ]


def _titles(opened: RunSession | None, mode: Normalization) -> list[str]:
    """Return the title of the matrix in several wordings, the longest first."""
    if opened is None or opened.evaluation is None or opened.evaluated is None:
        return ["Confusion"]
    epoch, last = opened.evaluated.epoch, opened.evaluations.last_epoch
    which = f" · {name}" if (name := opened.evaluations.describe(opened.evaluated)) else ""
    which += f" of {last}" if epoch and last > 1 and not opened.evaluations.is_joined(opened.evaluated) else ""
    step = f" · step {count(opened.evaluated.step)}" if opened.evaluations.is_joined(opened.evaluated) else which
    accuracy = percent(opened.evaluation.accuracy, 2)
    return [f"Confusion{name} · accuracy {accuracy} · {mode}" for name in (which, step)]


def _describe_cell(evaluation: Evaluation, cell: tuple[int, int]) -> list[str]:
    """Describe a cell in several wordings, the longest first."""
    true, predicted = cell
    number = int(evaluation.confusion[true, predicted])
    of_true = percent(float(evaluation.normalized_by_true()[true, predicted]))
    of_predicted = percent(float(evaluation.normalized_by_predicted()[true, predicted]))
    is_right = true == predicted
    name = f"{true} correct" if is_right else f"{true} predicted as {predicted}"
    short = name if is_right else f"{true}→{predicted}"
    return [
        f"{name}: {count(number)} · {of_true} of all {true}s · {of_predicted} of all predicted {predicted}s",
        f"{name}: {count(number)} · {of_true} of {true}s · {of_predicted} of predicted {predicted}s",
        f"{short}: {count(number)} · {of_true} of {true}s · {of_predicted} of predicted {predicted}s",
    ]


def _explain_empty(opened: RunSession | None, keys: Keymap) -> str:
    if opened is None:
        return f"No run open.\nPress {keys.label('new')} to train a network or {keys.label('runs')} to list the runs."
    if opened.checkpoint:
        return "Evaluating the checkpoint …" if opened.state.is_live else "This checkpoint could not be evaluated."
    if opened.testing:
        return "Evaluating the last checkpoint …"
    if opened.state.is_live:
        return "The first evaluation runs at the end of the first epoch."
    if not is_file(opened.follower.folder.last_checkpoint):
        return "No evaluation yet,\nand no checkpoint to evaluate."
    return f"No evaluation yet.\nPress {keys.label('test')} to evaluate the last checkpoint."
