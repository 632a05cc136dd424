"""Smoothed loss and accuracy curves of several runs, one color per run."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.runs.history import Floats
from emnist_tui.runs.record import RunRecord
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS
from emnist_tui.tui.widgets.charts.overlay_chart import MOST_CURVES, Curve, OverlayChart
from emnist_tui.tui.widgets.charts.run_legend import RunLegend


class OverlayScreen(RunScreen):
    """Overlaid curves of the marked runs, updated while they train."""

    MODE: ClassVar[str] = "runs"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the list of runs"),
    ]

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        """Show curves of the first `MOST_CURVES` runs and only name the others."""
        super().__init__()
        self._followers = [RunFollower(folder) for folder in folders[:MOST_CURVES]]
        self._left_out = [folder.name for folder in folders[MOST_CURVES:]]

    def compose_body(self) -> ComposeResult:
        yield RunLegend(self._left_out)
        with Container(id="curves"):
            yield OverlayChart("Loss", LOSS, "Each run's loss appears here once it trains", id="losses")
            yield OverlayChart("Accuracy", ACCURACY, "Each run's accuracy appears here once it trains", id="accuracies")

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - the screen follows the marked runs
        changes = [follower.poll() for follower in self._followers]
        self.query_one(RunLegend).show(self._followers)
        if any(changes):
            records = [follower.record for follower in self._followers]
            total = max(record.total_steps for record in records)
            losses, accuracies = self.query_one("#losses", OverlayChart), self.query_one("#accuracies", OverlayChart)
            losses.show([_smoothed(record, record.history.loss) for record in records], total)
            accuracies.show([_smoothed(record, record.history.accuracy) for record in records], total)

    def action_back(self) -> None:
        self.dismiss()


def _smoothed(record: RunRecord, values: Floats) -> Curve:
    return Curve(record.history.steps, record.history.smoothed(values))
