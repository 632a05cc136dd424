"""Metrics of an evaluation, overall and per class."""

import numpy as np
from textual.content import Content
from textual.widget import Widget

from emnist_tui.analysis.predictions import Evaluation, Floats
from emnist_tui.runs.task import CLASSES
from emnist_tui.text.formats import count, loss, percent, printable
from emnist_tui.tui.widgets.text_table import align, facts

_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 8  # evaluations per sparkline, the newest
_TABLE_ROWS = CLASSES + 1


class EvaluationFacts(Widget):
    """Accuracy with its interval, and the other overall metrics."""

    DEFAULT_CSS = """
    EvaluationFacts {
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1;
        height: auto;
        text-overflow: clip;
    }
    """
    BORDER_TITLE = "Evaluation"

    def __init__(self, hint: str) -> None:
        """Create an empty widget; `hint` is shown while there is no evaluation."""
        super().__init__()
        self._hint = hint
        self._evaluation: Evaluation | None = None

    def show(self, evaluation: Evaluation | None, hint: str) -> None:
        if evaluation is not self._evaluation or hint != self._hint:
            height_changes = evaluation is None or self._evaluation is None
            self._evaluation, self._hint = evaluation, hint
            self.styles.text_wrap = "nowrap" if evaluation else "wrap"
            self.refresh(layout=height_changes)

    def render(self) -> Content:
        if self._evaluation is None:
            return Content.styled(self._hint, "dim")
        evaluation = self._evaluation
        low, high = evaluation.accuracy_interval
        rows = (
            ("accuracy", percent(evaluation.accuracy, 2)),
            ("95 % interval", f"{low * 100:.1f}–{percent(high)}"),
            ("macro F1", percent(evaluation.macro_f1, 2)),
            ("ECE", percent(evaluation.calibration_error, 2)),
            ("loss", loss(evaluation.loss)),
            ("misclassified", count(len(evaluation.wrong))),
            (f"{printable(evaluation.split)} images", count(evaluation.images)),
        )
        return facts(rows, self.size.width)


class ClassFacts(Widget):
    """Precision, recall, F1 and support per class.

    Without room for all classes only the class under the cursor is shown. Sparklines show the recall over the run's
    evaluations on one scale, from the lowest recall of all classes to the highest.
    """

    DEFAULT_CSS = """
    ClassFacts {
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground 70%;
        padding: 0 1;
        height: 13;
        text-wrap: nowrap;
        text-overflow: clip;
    }
    """
    BORDER_TITLE = "Classes"

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._recalls: Floats | None = None
        self._digit = 0

    def show(self, evaluation: Evaluation | None, recalls: Floats | None, digit: int) -> None:
        """Show an evaluation.

        `recalls` are float64 [evaluations, 10]; `digit` is the class under the cursor.
        """
        shown = (self._evaluation, self._digit, _length(self._recalls))
        if shown == (evaluation, digit, _length(recalls)):
            return
        self._evaluation, self._recalls, self._digit = evaluation, recalls, digit
        self._show_scale()
        self.refresh()

    def render(self) -> Content:
        if self._evaluation is None:
            return Content()
        return self._table() if self.size.height >= _TABLE_ROWS else self._one_class()

    def on_resize(self) -> None:
        self._show_scale()

    def _show_scale(self) -> None:
        """Write the scale of the sparklines on the border."""
        low, high = extent(self._recalls)
        scale = f"▁ {low * 100:.1f} █ {percent(high)}"
        texts = (f"recall per epoch: {scale}", f"recall: {scale}", scale)
        is_history = self._evaluation is not None and _length(self._recalls) > 1
        self.border_subtitle = next((text for text in texts if len(text) <= self.size.width), "") if is_history else ""

    def _table(self) -> Content:
        assert self._evaluation is not None
        is_history = _length(self._recalls) > 1
        bars = sparklines(self._recalls)
        rows: list[tuple[str, ...]] = [("", "precision", "recall", "F1", "images", "epochs")]
        for row in self._evaluation.per_class():
            digit = int(row["class"])
            shares = (f"{row[name] * 100:.1f}" for name in ("precision", "recall", "f1"))
            rows.append((str(digit), *shares, count(int(row["support"])), bars[digit]))
        names, *lines = align([row if is_history else row[:-1] for row in rows], self.size.width)
        parts = [(line, "$accent bold" if digit == self._digit else "") for digit, line in enumerate(lines)]
        return Content("\n").join(Content.styled(*part) for part in ((names, "dim"), *parts))

    def _one_class(self) -> Content:
        assert self._evaluation is not None
        row = self._evaluation.per_class()[self._digit]
        rows = (
            (f"precision of {self._digit}", percent(row["precision"])),
            (f"recall  {sparklines(self._recalls)[self._digit]}", percent(row["recall"])),
            ("F1", percent(row["f1"])),
            ("images", count(int(row["support"]))),
        )
        return facts(rows, self.size.width)


def _length(recalls: Floats | None) -> int:
    return 0 if recalls is None else len(recalls)


def sparklines(recalls: Floats | None) -> list[str]:
    """Draw one sparkline per class from recalls, float64 [evaluations, 10].

    All share one scale; NaN leaves a gap. Fewer than two evaluations give empty lines.
    """
    if recalls is None or len(recalls) < 2:
        return [""] * CLASSES
    low, high = extent(recalls)
    span = max(high - low, 1e-9)
    return ["".join(_bar((value - low) / span) for value in column) for column in recalls[-_MOST_BARS:].T]


def extent(recalls: Floats | None) -> tuple[float, float]:
    """Return the lowest and the highest recall that sparklines show.

    0 and 1 without any.
    """
    shown = recalls[-_MOST_BARS:] if recalls is not None else np.empty(0)
    finite = shown[shown == shown]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)


def _bar(share: float) -> str:
    return _BARS[round(share * (len(_BARS) - 1))] if share == share else " "
