"""Base of the screens with charts: the keys of their view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.widgets.charts.step_chart import StepChart
from emnist_tui.tui.widgets.charts.steps import View

if TYPE_CHECKING:
    from textual.binding import BindingType


class ChartScreen(RunScreen):
    """Screen whose charts show the same window of steps."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("zoom", "zoom", "Zoom", tooltip="Show all steps, the last half or the last tenth"),
        bind("log-scale", "log_scale", "Log scale", tooltip="Logarithmic or linear axis of the loss"),
    ]

    _view = View()
    _has_steps = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("zoom", "log_scale"):
            return True if self._has_steps else None
        return super().check_action(action, parameters)

    def offer_view(self, *, has_steps: bool) -> None:
        """Enable the keys of the view if the charts show any step."""
        if has_steps != self._has_steps:
            self._has_steps = has_steps
            self.refresh_bindings()

    def action_zoom(self) -> None:
        self._look(replace(self._view, window=self._view.window.after))

    def action_log_scale(self) -> None:
        self._look(replace(self._view, is_log=not self._view.is_log))

    def _look(self, view: View) -> None:
        self._view = view
        for chart in self.query(StepChart):
            chart.look(view)
