"""Chart of a sweep, in one of several views."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style

from emnist_tui.text import formats
from emnist_tui.tui.widgets.border import write_on_border
from emnist_tui.tui.widgets.charts.axes import ACCURACY, Limits
from emnist_tui.tui.widgets.charts.step_chart import StepChart
from emnist_tui.tui.widgets.sweep.columns import title_of
from emnist_tui.tui.widgets.sweep.ticks import ParameterScale

if TYPE_CHECKING:
    from emnist_tui.runs.sweeps.board import Board
    from emnist_tui.tui.widgets.charts.plot import Row  # plotext and numpy would delay the first frame

BEST, CURVES, PARAMETER = "best", "curves", "parameter"
VIEWS = (BEST, CURVES, PARAMETER)
"""Views in the order of the key."""
_REST = 20  # times as long as drawing takes, until other trials are drawn
_HINTS = {
    BEST: "The best accuracy so far appears here once a trial has ended",
    CURVES: "The accuracy of every trial appears here after its first epoch",
    PARAMETER: "Accuracies appear here by the varied value after the first epoch",
}


class SweepChart(StepChart):
    """Accuracies over trials, over epochs, or over one varied field."""

    DEFAULT_CSS = """
    SweepChart {
        & > .sweep--axis { color: $foreground-muted; }
        & > .sweep--faint { color: $foreground 26%; }
        & > .sweep--dim { color: $foreground 42%; }
        & > .sweep--plain { color: $foreground 70%; }
        & > .sweep--line { color: $accent; text-style: bold; }
        & > .sweep--mark { color: $accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sweep--axis",
        "sweep--faint",
        "sweep--dim",
        "sweep--plain",
        "sweep--line",
        "sweep--mark",
    }

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("Best so far", ACCURACY, _HINTS[BEST], id=id)
        self._board: Board | None = None
        self._drawn_of: object = None
        self._limits: Limits | None = None
        self._shown_view = BEST
        self._parameter = 0
        self._next = 0.0

    @property
    def shown_view(self) -> str:
        return self._shown_view

    @property
    def parameter(self) -> int:
        """Place of the varied field of the last view of one."""
        return self._parameter

    def show(self, board: Board) -> None:
        """Draw a board; one with the same accuracies costs next to nothing.

        Very many trials are drawn less often.
        """
        self._board = board
        drawn = (self._shown_view, self._parameter, board.trials)
        if drawn == self._drawn_of or (begun := time.monotonic()) < self._next:
            return
        self._drawn_of = drawn
        self.scale()
        self._name_view()
        self.redraw()
        ended = time.monotonic()
        self._next = ended + _REST * (ended - begun)

    def turn(self, view: str, parameter: int = 0) -> None:
        """Change the view; `parameter` is the place of a varied field."""
        self._shown_view, self._parameter = view, parameter
        self._hint = _HINTS[view]
        self._strips = []
        self._next = 0.0
        if self._board:
            self.show(self._board)
        self.refresh()

    def on_resize(self) -> None:
        super().on_resize()
        if self._board:
            self._name_view()

    def scale(self) -> None:
        from emnist_tui.tui.widgets.sweep.plots import hold_accuracies, known_accuracies

        if self._board:
            self._limits = hold_accuracies(self._limits, known_accuracies(self._board))

    def plotted(self, width: int, height: int) -> list[Row] | None:
        from emnist_tui.tui.widgets.sweep import plots

        if self._board is None or self._limits is None:
            return None
        if self._shown_view == CURVES:
            return plots.draw_curves(self._board, width, height, self._limits)
        if self._shown_view == PARAMETER:
            return plots.draw_parameter(self._board, self._scale, width, height, self._limits)
        return plots.draw_best_so_far(self._board, width, height, self._limits)

    @property
    def has_data(self) -> bool:
        board = self._board
        if board is None or self._limits is None:
            return False
        return self._shown_view != BEST or any(trial.state.has_ended for trial in board.ranking)

    def ink_styles(self) -> dict[int, Style]:
        from emnist_tui.tui.widgets.charts.plot import Ink
        from emnist_tui.tui.widgets.sweep.plots import Tone

        inks = (Ink.AXIS, Ink.LINE, Ink.MARK, *Tone)
        named = {int(ink): self.get_component_rich_style(f"sweep--{ink.name.lower()}") for ink in inks}
        return {int(Ink.NONE): self.rich_style, **named}

    @property
    def hint_style(self) -> Style:
        return self.get_component_rich_style("sweep--axis")

    @property
    def _scale(self) -> ParameterScale:
        assert self._board
        axes = self._board.spec.axes
        return ParameterScale(axes[self._parameter % len(axes)])

    def _name_view(self) -> None:
        """Write the view and its signs on the border."""
        assert self._board
        split, best = self._board.spec.split, self._board.best
        titles = {
            BEST: f"Best {split} accuracy so far · trials in the order of their ends",
            CURVES: f"{split.capitalize()} accuracy by epoch · every trial, the best eight bright",
        }
        axis = self._scale.axis
        title = titles.get(
            self._shown_view, f"{split.capitalize()} accuracy by {title_of(axis.field)}{' · log scale' * axis.is_log}"
        )
        legend = f"◆ trial {best.number} {formats.percent(best.accuracy, 2)}   • trial  · pruned" if best else ""
        if best and self._shown_view == CURVES:
            legend = f"━ trial {best.number} {formats.percent(best.accuracy, 2)}"
        room = self.size.width - 3
        parts = [title, title.partition(" · ")[0]]
        write_on_border(
            self, next((part for part in parts if len(part) <= room), ""), legend if len(legend) <= room else ""
        )
