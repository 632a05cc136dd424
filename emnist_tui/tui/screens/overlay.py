"""Smoothed loss and accuracy curves of several runs, one color per run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from emnist_tui.tui.keymap import bind, keymap_of
from emnist_tui.tui.screens.chart_screen import ChartScreen
from emnist_tui.tui.session.overlaid import Overlaid
from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS
from emnist_tui.tui.widgets.charts.overlay_chart import MOST_CURVES, Curve, OverlayChart
from emnist_tui.tui.widgets.charts.run_legend import RunLegend

if TYPE_CHECKING:
    from emnist_tui.runs.folder import RunFolder
    from emnist_tui.runs.history import Floats
    from emnist_tui.runs.record import RunRecord
    from emnist_tui.runs.sweeps.folder import SweepFolder
    from emnist_tui.tui.session.run_session import RunSession


class OverlayScreen(ChartScreen):
    """Overlaid curves of the marked runs and groups, updated while they train."""

    MODE: ClassVar[str] = "runs"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012 - as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="esc", tooltip="Back to the list of runs"),
        bind("hide-curve", "hide_curve", "Hide", tooltip="Hide or show the chosen run's curves"),
    ]

    def __init__(self, folders: Sequence[RunFolder | SweepFolder]) -> None:
        """Show the first `MOST_CURVES` runs or groups; only name the others."""
        super().__init__()
        self._overlaid = [Overlaid(folder) for folder in folders[:MOST_CURVES]]
        self._is_closed = False
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

    def on_unmount(self) -> None:
        self._is_closed = True

    def show_body(self, opened: RunSession | None) -> None:  # noqa: ARG002 - the screen follows the marked runs
        changes = [each.poll() for each in self._overlaid]
        self._read_in_thread()
        self.query_one(RunLegend).show(self._overlaid)
        if not any(changes) and self._losses:
            return
        self._losses = _curves(self._losses, changes, self._overlaid, "loss")
        self._accuracies = _curves(self._accuracies, changes, self._overlaid, "accuracy")
        total = max(each.total_steps for each in self._overlaid)
        self.query_one("#losses", OverlayChart).show(self._losses, total)
        self.query_one("#accuracies", OverlayChart).show(self._accuracies, total)
        self.offer_view(has_steps=any(len(record.history) for each in self._overlaid for record in each.records))

    def _read_in_thread(self) -> None:
        """Read the events of runs that were not read yet."""
        is_reading = any(worker.group == "curves" and not worker.is_finished for worker in self.workers)
        if not is_reading and any(each.is_unread for each in self._overlaid):
            self.run_worker(self._read, group="curves", thread=True, exit_on_error=False)

    def _read(self) -> None:
        for each in self._overlaid:
            each.read(lambda: self._is_closed)

    def action_hide_curve(self) -> None:
        self.query_one(RunLegend).toggle()

    def on_run_legend_toggled(self, message: RunLegend.Toggled) -> None:
        hint = f"Every curve is hidden; {keymap_of(self.app).label('hide-curve')} shows the chosen one"
        for chart in self.query(OverlayChart):
            chart.hide(message.hidden, hint)

    def action_back(self) -> None:
        self.dismiss()


def _curves(before: list[Curve], changes: Sequence[bool], overlaid: Sequence[Overlaid], metric: str) -> list[Curve]:
    """Return each curve, computed anew where its runs changed."""
    return [
        (_group_curve if each.is_group else _run_curve)(each, metric) if changed or not before else before[place]
        for place, (changed, each) in enumerate(zip(changes, overlaid, strict=True))
    ]


def _run_curve(overlaid: Overlaid, metric: str) -> Curve:
    """Return a run's moving mean, empty until it was read."""
    for record in overlaid.records:
        changes = tuple(change.step for change in record.learning_rates if change.step <= record.step)
        return Curve(*_smoothed(record, metric), changes).finite_copy()
    return Curve.empty()


def _group_curve(overlaid: Overlaid, metric: str) -> Curve:
    """Return the mean of the seeds' moving means, with its band."""
    from emnist_tui.tui.widgets.charts.seed_curve import seed_curve

    return seed_curve([_smoothed(record, metric) for record in overlaid.records], overlaid.total_steps)


def _smoothed(record: RunRecord, metric: str) -> tuple[Floats, Floats]:
    history = record.history
    return history.steps, history.smoothed(getattr(history, metric))
