"""Screen 3: the misclassified digits, many small and one large."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from emnist_tui.runs.evaluation import Evaluation, Mistake
from emnist_tui.tui.formats import count
from emnist_tui.tui.opened import ErrorFilter, Opened
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.widgets.digit_view import DigitDetail, DigitGrid
from emnist_tui.tui.widgets.digit_widget import DigitStyle

_FILTER = re.compile(r"\s*([0-9]?)\s*(?:[>→]\s*([0-9]?))?\s*")


class ErrorsScreen(RunScreen):
    """A grid to page through, the digit under the cursor large, filtered by true and predicted class."""

    MODE: ClassVar[str] = "errors"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Show only some: 4>9, 4> or >9"),
        Binding("o", "sort", "Sort", tooltip="Worst first by loss, or by confidence in the wrong answer"),
        Binding("g", "style", "Glyph", tooltip="ASCII or half blocks"),
        Binding("escape", "clear_filter", "All", show=False, tooltip="Clear the filter"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._opened: Opened | None = None
        self._shown: tuple[Evaluation | None, ErrorFilter] | None = None
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
        self.query_one(DigitGrid).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("filter", "sort"):
            return True if self._opened and self._opened.evaluation else None
        if action == "clear_filter":
            return bool(self._opened and str(self._opened.filter)) or self.query_one("#filter").has_focus
        return super().check_action(action, parameters)

    def show_body(self, opened: Opened | None) -> None:
        self._opened = opened
        evaluation = opened.evaluation if opened else None
        chosen = opened.filter if opened else ErrorFilter()
        if (evaluation, chosen) == self._shown:
            return
        self._shown = (evaluation, chosen)
        self._mistakes = evaluation.mistakes(chosen.true, chosen.predicted, chosen.sort) if evaluation else ()
        self.query_one(DigitGrid).show(self._mistakes)
        self._show_position(0)
        self.refresh_bindings()

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(lambda: self._show_position(self.query_one(DigitGrid).cursor))

    def on_digit_grid_digit_highlighted(self, message: DigitGrid.DigitHighlighted) -> None:
        self._show_position(message.position)

    def action_filter(self) -> None:
        box = self.query_one("#filter", Input)
        box.value = str(self._opened.filter) if self._opened else ""
        box.display = True
        box.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        match = _FILTER.fullmatch(event.value)
        if match is None:
            self.notify("Write 4>9, 4> or >9: the true digit, then the predicted one.", severity="warning")
            return
        true, predicted = (int(digit) if digit else None for digit in match.groups())
        self._choose(true, predicted)

    def action_clear_filter(self) -> None:
        self._choose(None, None)

    def action_sort(self) -> None:
        if self._opened:
            by = "confidence" if self._opened.filter.sort == "loss" else "loss"
            self._opened.filter = replace(self._opened.filter, sort=by)
            self.show_body(self._opened)

    def action_style(self) -> None:
        grid, detail = self.query_one(DigitGrid), self.query_one(DigitDetail)
        grid.style = detail.style = DigitStyle.HALF_BLOCK if grid.style is DigitStyle.ASCII else DigitStyle.ASCII

    def _choose(self, true: int | None, predicted: int | None) -> None:
        if self._opened:
            self._opened.filter = replace(self._opened.filter, true=true, predicted=predicted)
        self.query_one("#filter", Input).display = False
        self.query_one(DigitGrid).focus()
        self.show_body(self._opened)

    def _show_position(self, position: int) -> None:
        mistake = self._mistakes[position] if position < len(self._mistakes) else None
        self.query_one(DigitDetail).show(mistake)
        self.query_one("#filter-line", Static).update(self._filter_line(position))

    def _filter_line(self, position: int) -> Content:
        if self._opened is None or self._opened.evaluation is None:
            return Content(_explain_empty(self._opened))
        chosen = self._opened.filter
        shown = f"{count(position + 1)} of {count(len(self._mistakes))}" if self._mistakes else "none"
        classes = (
            chosen.true is not None and f"true {chosen.true}",
            chosen.predicted is not None and f"predicted {chosen.predicted}",
        )
        which = " · " + (", ".join(name for name in classes if name) or "all mistakes")
        escape = " · esc shows all" if str(chosen) else ""
        words = (
            f"{which} · by {chosen.sort}, worst first{escape}",
            f"{which} · by {chosen.sort}{escape}",
            f"{which}{escape}",
            which,
        )
        room = self.query_one("#filter-line").content_size.width - len(shown)
        return Content.assemble((shown, "bold"), next((text for text in words if len(text) <= room), ""))


def _explain_empty(opened: Opened | None) -> str:
    if opened is None:
        return "Nothing opened: n trains a network, 4 lists runs."
    if opened.state.is_live:
        return "No evaluation yet: one comes with the end of each epoch."
    return "No evaluation yet: e evaluates the last checkpoint."
