"""Dialog with every term of the sum behind a cell."""

from typing import ClassVar

import numpy as np
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from emnist_tui.analysis.explain.arithmetic import CONSTANT, INK, Arithmetic, Kind
from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.sums import trace
from emnist_tui.analysis.network.graph import INPUT
from emnist_tui.analysis.network.network import Pass
from emnist_tui.text.formats import count, printable
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.widgets.network.figures import plain, signed
from emnist_tui.tui.widgets.network.names import title_of

_MOST_TERMS = 2_000
_FOOT = "[@click=screen.dismiss]esc close[/]"


class TermsDialog(Dialog[None]):
    """Products of a sum by size, and the steps to the cell."""

    DEFAULT_CSS = """
    TermsDialog {
        VerticalScroll {
            width: 60;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "dismiss", "Close")]

    def __init__(self, title: str, passed: Pass, cell: Cell, *, folded: bool) -> None:
        """List the terms of a cell, called `title`."""
        super().__init__()
        self._title = title
        self._lines = lines_of(passed, cell, folded=folded)

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = Content(printable(self._title))
            box.border_subtitle = _FOOT
            yield Static(Content("\n".join(map(printable, self._lines))))


def lines_of(passed: Pass, cell: Cell, *, folded: bool = False) -> list[str]:
    """Describe the sum behind a cell, and each step after it."""
    first, *others = trace(passed, cell, folded=folded)
    return [*_terms(first), *(line for step in others for line in _step(step))]


def _terms(step: Arithmetic) -> list[str]:
    if step.kind is Kind.UNKNOWN or not step.terms:
        name = f"{step.formula or step.operation}: a value without arithmetic"
        return [f"{name:<40} {signed(step.value, 4):>9}"]
    rows, shown, nothing = [], step.displayed(), 0
    for terms, products in zip(step.terms, shown.products, strict=True):
        places = terms.places.reshape(-1, terms.places.shape[-1])
        for place, value, weight, product in zip(
            places, terms.values.ravel(), terms.weights.ravel(), np.asarray(products).ravel(), strict=True
        ):
            if (place >= 0).all() and not value:
                nothing += 1
            elif (place >= 0).all():
                rows.append((float(product), _place(terms.source, place.tolist()), float(value), float(weight)))
    rows.sort(key=lambda row: -abs(row[0]))
    heading = f"{'':<16} {'value':>9}   {'weight':>9}   {'product':>9}"
    lines = [heading] * bool(rows) + [
        f"{place:<16} {plain(value, 4):>9} × {signed(weight, 4):>9} = {signed(product, 4):>9}"
        for product, place, value, weight in rows[:_MOST_TERMS]
    ]
    if left := rows[_MOST_TERMS:]:
        lines.append(f"{f'{count(len(left))} smaller ones':<40} {signed(sum(row[0] for row in left), 4):>9}")
    if nothing:
        lines.append(f"{f'{count(nothing)} of value 0':<40} {plain(0, 4):>9}")
    if shown.bias is not None:
        lines.append(f"{'bias':<40} {signed(shown.bias, 4):>9}")
    lines.append(f"{'sum' if step.kind is Kind.SUM else 'value':<40} {signed(shown.total, 4):>9}")
    return lines


def _step(step: Arithmetic) -> list[str]:
    name = title_of(step.operation)
    if step.kind is Kind.LARGEST:
        name = "largest of the pooling window"
    elif step.formula:
        name = f"{name}: {step.formula}"
    return [f"{name:<40} {signed(step.value, 4):>9}"]


def _place(source: str, place: list[int]) -> str:
    names = {INPUT: "pixel", INK: "ink", CONSTANT: ""}
    if source in names:
        return f"{names[source]} {','.join(map(str, place[-2:]))}".strip()
    head, *rest = place
    return f"map {head} {','.join(map(str, rest))}" if rest else f"unit {head}"
