"""The smoothed loss and accuracy of several runs, each curve in a color of its own."""

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
    """Follows the runs as they go on; those that have ended stay as they are."""

    MODE: ClassVar[str] = "runs"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the runs"),
    ]

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        """Of more than `MOST_CURVES` the last have no curve."""
        super().__init__()
        self._followers = [RunFollower(folder) for folder in folders[:MOST_CURVES]]
        self._left_out = [folder.name for folder in folders[MOST_CURVES:]]

    def compose_body(self) -> ComposeResult:
        yield RunLegend(self._left_out)
        with Container(id="curves"):
            yield OverlayChart("Loss", LOSS, "the loss of every run, once they train", id="losses")
            yield OverlayChart("Accuracy", ACCURACY, "the accuracy of every run, once they train", id="accuracies")

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - it follows its own runs
        has_news = [follower.poll() for follower in self._followers]
        self.query_one(RunLegend).show(self._followers)
        if any(has_news):
            records = [follower.record for follower in self._followers]
            total = max(record.total_steps for record in records)
            losses, accuracies = self.query_one("#losses", OverlayChart), self.query_one("#accuracies", OverlayChart)
            losses.show([_smoothed(record, record.history.loss) for record in records], total)
            accuracies.show([_smoothed(record, record.history.accuracy) for record in records], total)

    def action_back(self) -> None:
        self.dismiss()


def _smoothed(record: RunRecord, values: Floats) -> Curve:
    return Curve(record.history.steps, record.history.smoothed(values))
