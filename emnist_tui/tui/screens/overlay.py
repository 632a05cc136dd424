"""Smoothed loss and accuracy curves of several runs, one color per run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from emnist_tui.runs.follower import RunFollower
from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.screens.chart_screen import ChartScreen
from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS
from emnist_tui.tui.widgets.charts.overlay_chart import MOST_CURVES, Curve, OverlayChart
from emnist_tui.tui.widgets.charts.run_legend import RunLegend

if TYPE_CHECKING:
    from emnist_tui.runs.folder import RunFolder
    from emnist_tui.runs.record import RunRecord
    from emnist_tui.tui.session.run_session import RunSession


class OverlayScreen(ChartScreen):
    """Overlaid curves of the marked runs, updated while they train."""

    MODE: ClassVar[str] = "runs"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the list of runs"),
        bind("hide-curve", "hide_curve", "Hide", tooltip="Hide or show the chosen run's curves"),
    ]

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        """Show curves of the first `MOST_CURVES` runs and only name the others."""
        super().__init__()
        self._followers = [RunFollower(folder) for folder in folders[:MOST_CURVES]]
        self._left_out = [folder.name for folder in folders[MOST_CURVES:]]
        self._losses: list[Curve] = []
        self._accuracies: list[Curve] = []

    def compose_body(self) -> ComposeResult:
        yield RunLegend(self._left_out)
        with Container(id="curves"):
            yield OverlayChart("Loss", LOSS, "Each run's loss appears here once it trains", id="losses")
            yield OverlayChart("Accuracy", ACCURACY, "Each run's accuracy appears here once it trains", id="accuracies")

    def on_mount(self) -> None:
        self.query_one(RunLegend).focus()

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - the screen follows the marked runs
        changes = [follower.poll() for follower in self._followers]
        self.query_one(RunLegend).show(self._followers)
        if not any(changes) and self._losses:
            return
        records = [follower.record for follower in self._followers]
        self._losses = _curves(self._losses, changes, records, "loss")
        self._accuracies = _curves(self._accuracies, changes, records, "accuracy")
        total = max(record.total_steps for record in records)
        self.query_one("#losses", OverlayChart).show(self._losses, total)
        self.query_one("#accuracies", OverlayChart).show(self._accuracies, total)
        self.offer_view(has_steps=any(len(record.history) for record in records))

    def action_hide_curve(self) -> None:
        self.query_one(RunLegend).toggle()

    def on_run_legend_toggled(self, message: RunLegend.Toggled) -> None:
        hint = f"Every curve is hidden; {keymap_of(self.app).label('hide-curve')} shows the chosen one"
        for chart in self.query(OverlayChart):
            chart.hide(message.hidden, hint)

    def action_back(self) -> None:
        self.dismiss()


def _curves(before: list[Curve], changes: Sequence[bool], records: Sequence[RunRecord], metric: str) -> list[Curve]:
    """Return each run's moving mean, computed anew where the run changed."""
    return [
        Curve(
            record.history.steps,
            record.history.smoothed(getattr(record.history, metric)),
            tuple(change.step for change in record.learning_rates if change.step <= record.step),
        ).finite_copy()
        if changed or not before
        else before[place]
        for place, (changed, record) in enumerate(zip(changes, records, strict=True))
    ]
