"""Screen 3, Errors: misclassified digits and the user's verdicts on them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from emnist_tui.analysis.predictions import SORTS, Evaluation, Mistake
from emnist_tui.analysis.triage import Verdict
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import is_file
from emnist_tui.text.formats import count, printable
from emnist_tui.tui.digit_export import as_text, save_picture
from emnist_tui.tui.keymap import Keymap, bind, keymap_of
from emnist_tui.tui.screens.way_inside import WayInside
from emnist_tui.tui.session.error_review import ErrorFilter
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.digits.digit_detail import DigitDetail, DigitFacts
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from emnist_tui.tui.widgets.digits.errors_summary import accuracy_line, filter_line
from emnist_tui.tui.widgets.message_line import MessageLine

_FILTER = re.compile(r"\s*([0-9]?)\s*(?:[>→]\s*([0-9]?))?\s*")
_JUDGE = Binding.Group("Judge")


class ErrorsScreen(WayInside):
    """Misclassified digits to filter, sort and judge, one of them large."""

    MODE: ClassVar[str] = "errors"
    AUTO_FOCUS = "DigitGrid"  # not the filter, though it is hidden
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("filter", "filter", "Filter", tooltip="Filter by class: 4>9, 4> or >9"),
        bind("sort", "sort", "Sort", tooltip="Sort by loss, confidence, margin or index"),
        bind("wrong-label", "judge('wrong-label')", "Wrong label", group=_JUDGE, tooltip="The label is wrong"),
        bind(
            "ambiguous",
            "judge('ambiguous')",
            "Ambiguous",
            group=_JUDGE,
            tooltip="The image could be either digit",
        ),
        bind(
            "model-fault",
            "judge('model-fault')",
            "Model's fault",
            group=_JUDGE,
            tooltip="The network is wrong",
        ),
        bind("undo", "undo", "Undo", show=False, tooltip="Undo the last judgment"),
        bind("confident", "only('confident')", "Confident", show=False, tooltip="Show confident mistakes only"),
        bind("unjudged", "only('unjudged')", "Not judged", show=False, tooltip="Show unjudged digits only"),
        Binding("escape", "clear_filter", "Show all", show=False, tooltip="Clear all filters"),
        bind("glyphs", "app.glyphs", "Glyph", show=False, tooltip="Draw digits in ASCII or half blocks"),
        bind("copy", "copy", "Copy", show=False, tooltip="Copy the digit as text, also over SSH"),
        bind("picture", "picture", "PNG", show=False, tooltip="Save the digit as a PNG image"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._opened: RunSession | None = None
        self._shown: tuple[Evaluation | None, ErrorFilter, str] | None = None
        self._shown_neighbors: object = None
        self._mistakes: Sequence[Mistake] = ()

    def compose_body(self) -> ComposeResult:
        yield Static(id="filter-line", markup=False)
        yield Input(id="filter", compact=True, placeholder="4>9 true 4, predicted 9 · 4> true 4 · >9 predicted 9")
        with Horizontal():
            yield DigitGrid()
            yield DigitDetail()

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#filter", Input).display = False
        grid = self.query_one(DigitGrid)
        grid.title_of = self._title_of
        grid.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "filter" | "sort" | "only":
                return True if self._evaluation else None
            case "judge" | "copy" | "picture" | "look_inside":
                return True if self._mistakes else None
            case "undo":
                return True if self._opened and self._can_undo(self._opened) else None
            case "clear_filter":
                return (
                    bool(self._opened and self._opened.review.filter.is_narrow) or self.query_one("#filter").has_focus
                )
        return super().check_action(action, parameters)

    def show_body(self, opened: RunSession | None) -> None:
        self._opened = opened
        explanation = "" if self._evaluation else _explain_empty(opened, keymap_of(self.app))
        shown = (self._evaluation, opened.review.filter if opened else ErrorFilter(), explanation)
        if shown != self._shown:
            self._shown = shown
            self._show_mistakes(0)
            self._warn_unreadable()
        if opened and opened.evaluated and self._evaluation and self._mistakes:
            path = opened.evaluations.path(opened.evaluated)
            opened.review.neighbors.update(self._evaluation, path, is_training=opened.state.is_live)
            neighbors = (opened.review.neighbors.found, opened.review.neighbors.status)
            if neighbors != self._shown_neighbors:
                self._show_digit()

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._show_lines)

    def on_digit_grid_digit_highlighted(self) -> None:
        self.note_looked_at()
        self._show_digit()
        self._show_lines()

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.value = str(self._opened.review.filter) if self._opened else ""
        box.display = True
        box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        classes = parse_filter(event.value)
        if classes is None:
            self.notify("Not a filter: write 4>9, 4> or >9 (true digit > predicted digit).", severity="warning")
            return
        self._close_filter()
        self._choose(true=classes[0], predicted=classes[1])

    def action_clear_filter(self) -> None:
        self._close_filter()
        self._choose(true=None, predicted=None, confident=False, unjudged=False)

    def action_only(self, name: str) -> None:
        if self._opened:
            self._choose(**{name: not getattr(self._opened.review.filter, name)})

    def action_sort(self) -> None:
        if self._opened:
            self._choose(sort=SORTS[(SORTS.index(self._opened.review.filter.sort) + 1) % len(SORTS)])

    def action_judge(self, verdict: str) -> None:
        """Judge the digit under the cursor and move to the next."""
        grid, mistake = self.query_one(DigitGrid), self._mistake
        if self._opened is None or self._evaluation is None or mistake is None:
            return
        try:
            self._opened.review.triage.judge(self._evaluation, mistake.index, Verdict(verdict), self._opened.shown_file)
        except EmnistTuiError as error:
            self._show_error(error)
            return
        if self._opened.review.filter.unjudged:
            self._show_mistakes(grid.cursor)
        else:
            grid.show_title(grid.cursor)
            grid.cursor += 1
            self._show_judged()

    def action_undo(self) -> None:
        """Undo the last judgment and move to its digit, if shown."""
        if self._opened is None or self._evaluation is None:
            return
        try:
            index = self._opened.review.triage.undo(self._evaluation)
        except EmnistTuiError as error:
            self._show_error(error)
            return
        if index is None:
            return
        self._show_mistakes(self.query_one(DigitGrid).cursor)
        place = next((place for place, mistake in enumerate(self._mistakes) if mistake.index == index), None)
        if place is None:
            self.notify(f"The judgment of #{count(index)} is undone; the filter hides this digit.")
        else:
            self.query_one(DigitGrid).cursor = place

    def action_copy(self) -> None:
        if mistake := self._mistake:
            self.app.copy_to_clipboard(as_text(mistake))
            self.notify(f"Copied #{count(mistake.index)} as text, if your terminal supports OSC 52.", markup=False)

    def action_picture(self) -> None:
        if self._opened and (mistake := self._mistake):
            try:
                path = save_picture(self._opened.home, mistake)
            except EmnistTuiError as error:
                self._show_error(error)
                return
            self.notify(printable(f"Saved {path}"), markup=False)

    @property
    def _evaluation(self) -> Evaluation | None:
        return self._opened.evaluation if self._opened else None

    @property
    def digit_inside(self) -> Mistake | None:
        return self._mistake

    @property
    def _mistake(self) -> Mistake | None:
        """Digit under the cursor."""
        position = self.query_one(DigitGrid).cursor
        return self._mistakes[position] if position < len(self._mistakes) else None

    def _can_undo(self, opened: RunSession) -> bool:
        return bool(opened.evaluation and opened.review.triage.undoable(opened.evaluation))

    def _title_of(self, mistake: Mistake) -> str:
        opened, evaluation = self._opened, self._evaluation
        return opened.review.triage.verdict_text(evaluation, mistake.index) if opened and evaluation else ""

    def _choose(self, **changes: Any) -> None:
        """Change fields of the filter."""
        if self._opened:
            self._opened.review.filter = replace(self._opened.review.filter, **changes)
            self.show_body(self._opened)

    def _close_filter(self) -> None:
        self.query_one("#filter", Input).display = False
        self.query_one(DigitGrid).focus()

    def _show_error(self, error: EmnistTuiError) -> None:
        self.notify(printable(str(error)), severity="error", timeout=10, markup=False)

    def _warn_unreadable(self) -> None:
        if self._opened and self._evaluation and (problem := self._opened.review.triage.problem(self._evaluation)):
            self.notify(printable(problem), severity="warning", timeout=10, markup=False)

    def _show_mistakes(self, cursor: int) -> None:
        self._mistakes = self._opened.review.chosen(self._evaluation) if self._opened and self._evaluation else ()
        self.query_one(DigitGrid).show(self._mistakes, cursor)
        self._show_judged()

    def _show_judged(self) -> None:
        self._show_digit()
        self._show_lines()
        self.refresh_bindings()

    def _show_digit(self) -> None:
        opened, evaluation, mistake = self._opened, self._evaluation, self._mistake
        if opened is None or evaluation is None or mistake is None:
            self.query_one(DigitDetail).show(None)
            return
        search = opened.review.neighbors
        self._shown_neighbors = (search.found, search.status)
        facts = DigitFacts(
            rank=1 + int((evaluation.losses[evaluation.wrong] > mistake.loss).sum()),
            mistakes=len(evaluation.wrong),
            verdict=opened.review.triage.verdict_text(evaluation, mistake.index),
            neighbors=search.found.of(mistake) if search.found and search.found.evaluation is evaluation else None,
            sentence=search.status,
        )
        self.query_one(DigitDetail).show(mistake, facts)

    def _show_lines(self) -> None:
        above, below = self.query_one("#filter-line", Static), self.query_one(MessageLine)
        opened, evaluation = self._opened, self._evaluation
        if opened is None or evaluation is None:
            above.update(Content(_explain_empty(opened, keymap_of(self.app))))
            below.show_standing(Content(""))
            return
        position, room = self.query_one(DigitGrid).cursor, above.content_size.width
        above.update(filter_line(keymap_of(self.app), opened.review.filter, position, len(self._mistakes), room))
        triage, undoable = opened.review.triage.of(evaluation), self._can_undo(opened)
        evaluations, event = opened.evaluations, opened.evaluated
        which = evaluations.describe(event) if event and not evaluations.is_newest else ""
        keys = keymap_of(self.app)
        below.show_standing(accuracy_line(keys, evaluation, triage, undoable=undoable, room=room, which=which))


def parse_filter(text: str) -> tuple[int | None, int | None] | None:
    """Parse a filter such as `4>9`, `4>`, `4` or `>9`.

    Returns the true and the predicted digit, None for any; None if the text is invalid.
    """
    match = _FILTER.fullmatch(text)
    if match is None:
        return None
    true, predicted = (int(digit) if digit else None for digit in match.groups())
    return true, predicted


def _explain_empty(opened: RunSession | None, keys: Keymap) -> str:
    if opened is None:
        return f"No run open: press {keys.label('new')} to train or {keys.label('runs')} to list runs."
    if opened.checkpoint:
        return "Evaluating the checkpoint …" if opened.state.is_live else "This checkpoint could not be evaluated."
    if opened.testing:
        return "Evaluating the last checkpoint …"
    if opened.state.is_live:
        return "No evaluation yet: one runs at the end of each epoch."
    if not is_file(opened.follower.folder.last_checkpoint):
        return "No evaluation yet, and no checkpoint to evaluate."
    return f"No evaluation yet: press {keys.label('test')} to evaluate the run."
