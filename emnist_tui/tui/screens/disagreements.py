"""Digits of a comparison: a grid, and one large with both predictions."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.disagreements import ORDERS, Disagreements
from emnist_tui.analysis.predictions import Integers
from emnist_tui.text.formats import count
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.inside_pair import WayInsidePair
from emnist_tui.tui.session.comparison_side import ComparisonSide
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from emnist_tui.tui.widgets.digits.disagreement_detail import DisagreementDetail


class DisagreementsScreen(WayInsidePair):
    """Grid of digits, and both class probabilities of one of them."""

    MODE: ClassVar[str] = "runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the comparison"),
        bind("sort", "sort", "Sort", tooltip="Sort by disagreement, A's loss or B's loss"),
        bind("glyphs", "app.glyphs", "Glyph", tooltip="Draw digits in ASCII or half blocks"),
    ]

    def __init__(
        self,
        comparison: Comparison,
        names: tuple[str, str],
        which: str,
        indices: Integers,
        sides: Sequence[ComparisonSide],
    ) -> None:
        """Show the images at `indices`, described by `which`.

        `indices` are int64 positions in the split, `sides` the networks, which stay those of the comparison.
        """
        super().__init__()
        self._comparison = comparison
        self._names = names
        self._which = which
        self._sides = sides
        self._order = ORDERS[0]
        self.opinions = Disagreements(comparison, indices, self._order)

    def compose_body(self) -> ComposeResult:
        yield Static(id="opinions-line", markup=False)
        with Horizontal():
            yield DigitGrid()
            yield DisagreementDetail(self._names)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(DigitGrid).focus()
        self.query_one(DigitGrid).show(self.opinions)

    def show_body(self, opened: RunSession | None) -> None:
        """Do nothing: the comparison does not change."""

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._show_line)

    def on_digit_grid_digit_highlighted(self, message: DigitGrid.DigitHighlighted) -> None:
        self.query_one(DisagreementDetail).show(self.opinions[message.position])
        self._show_line()

    @property
    def pair_inside(self) -> tuple[Comparison, Disagreements, int] | None:
        return self._comparison, self.opinions, self.query_one(DigitGrid).cursor

    def action_back(self) -> None:
        self.dismiss()

    def action_sort(self) -> None:
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self.opinions = Disagreements(self._comparison, self.opinions.indices, self._order)
        self.query_one(DigitGrid).show(self.opinions)

    def _show_line(self) -> None:
        """Show the cursor's position, and as much else as fits."""
        line = self.query_one("#opinions-line", Static)
        position = f"{count(self.query_one(DigitGrid).cursor + 1)} of {count(len(self.opinions))}"
        a, b = self._names
        texts = (
            f" · {self._which} · by {self._order} · A {a}, B {b}",
            f" · {self._which} · by {self._order}",
            f" · {self._which}",
        )
        room = line.content_size.width - len(position)
        line.update(Content.assemble((position, "bold"), next((text for text in texts if len(text) <= room), "")))
