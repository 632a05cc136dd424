"""Screen 1, Train: progress and learning curves of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from emnist_tui.tui.onboarding import first_steps
from emnist_tui.tui.screens.base import RunScreen
from emnist_tui.tui.screens.chart_screen import ChartScreen
from emnist_tui.tui.screens.replay_keys import ReplayKeys
from emnist_tui.tui.session.gpu_watch import GpuWatch
from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS
from emnist_tui.tui.widgets.charts.chart import Chart
from emnist_tui.tui.widgets.epoch_table import EpochTable
from emnist_tui.tui.widgets.event_pane import EventPane
from emnist_tui.tui.widgets.run_card import RunCard

if TYPE_CHECKING:
    from emnist_tui.runs.history import Floats
    from emnist_tui.runs.record import RunRecord
    from emnist_tui.tui.session.download_session import DownloadSession
    from emnist_tui.tui.session.run_session import RunSession
    from emnist_tui.tui.widgets.charts.chart_data import ChartData


class TrainScreen(ReplayKeys, ChartScreen):
    """Run card, epochs, charts and, in large windows, events."""

    MODE: ClassVar[str] = "train"
    VERTICAL_BREAKPOINTS = [*RunScreen.VERTICAL_BREAKPOINTS, (45, "-high")]  # noqa: RUF012 - as Textual declares it

    def compose_body(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="facts"):
                yield RunCard()
                yield EpochTable()
                yield EventPane()
            with Vertical(id="charts"):
                yield Chart("Loss", LOSS, id="loss")
                yield Chart("Accuracy", ACCURACY, id="accuracy")

    def on_mount(self) -> None:
        super().on_mount()
        self._steps_with_digits: bool | None = None
        self._record: RunRecord | None = None
        self._gpu = GpuWatch()
        self._charted: object = None
        """What the charts' data was collected from."""
        self._data: tuple[ChartData | None, ChartData | None] = (None, None)

    def on_unmount(self) -> None:
        self._gpu.close()

    def on_screen_resume(self) -> None:  # Textual calls the base class's as well
        self._steps_with_digits = None

    def show_download(self, download: DownloadSession) -> None:
        """Show the download, and the first steps possible now."""
        super().show_download(download)
        if self.is_mounted and download.is_installed != self._steps_with_digits:
            self._steps_with_digits = download.is_installed
            root = getattr(self.app, "root", Path())
            self.query_one(RunCard).show_first_steps(first_steps(root, has_digits=download.is_installed))

    def show_body(self, opened: RunSession | None) -> None:
        self.query_one(RunCard).show(opened, self._gpu.poll(_gpu_of(opened)))
        self.query_one(EpochTable).show(opened)
        self.query_one(EventPane).follow(opened)
        record = opened.record if opened else None
        self.offer_view(has_steps=record is not None and len(record.history) > 0)
        charted = record and (
            record,
            record.history.revision,
            len(record.epochs),
            len(record.evaluations),
            record.total_steps,
            len(record.learning_rates),
            record.step,
        )
        if record is not self._record:  # another run's axes are of no use
            self._record = record
            for chart in self.query(Chart):
                chart.show(None)
        if charted != self._charted:
            self._charted = charted
            self._data = (chart_data(record, "loss"), chart_data(record, "accuracy")) if record else (None, None)
        for metric, data in zip(("loss", "accuracy"), self._data, strict=True):
            chart = self.query_one(f"#{metric}", Chart)
            chart.explain_empty(_explain_empty(opened, metric))
            chart.show(data)
            if opened:
                chart.mark(opened.replay.step_shown, opened.replay.pace)
            else:
                chart.mark(None)


def _gpu_of(opened: RunSession | None) -> str | None:
    """Return the identifier of the GPU that a run trains on now."""
    is_live = opened is not None and opened.state.is_live
    return opened.record.started.device_uuid if is_live and opened and opened.record.started else None


def _explain_empty(opened: RunSession | None, metric: str) -> str:
    if opened and opened.checkpoint:
        return f"A checkpoint does not keep the {metric} of its training"
    return f"Each batch's {metric} appears here during training"


def chart_data(record: RunRecord, metric: str) -> ChartData:
    """Collect one metric, `loss` or `accuracy`, of every batch and every evaluation."""
    import numpy as np

    from emnist_tui.tui.widgets.charts.chart_data import ChartData

    history = record.history
    values: Floats = getattr(history, metric)
    split = record.epoch_split
    marks = [(found.step, getattr(found, metric)) for found in record.evaluations if found.split == split]
    # After a resume, later changes are still to be repeated.
    rates = [(change.step, change.learning_rate) for change in record.learning_rates if change.step <= record.step]
    is_share_of_batch = metric == "accuracy" and record.config is not None
    return ChartData(
        x=history.steps,
        y=values,
        smooth=history.smoothed(values),
        marks=np.array(marks, np.float64).reshape(-1, 2),
        epochs=np.array([epoch.step for epoch in record.epochs], np.float64),
        total_steps=record.total_steps,
        marked=split,
        grain=1 / (record.config.batch_size * history.stride) if is_share_of_batch and record.config else 0.0,
        window=history.window,
        stride=history.stride,
        is_sampled=history.is_sampled,
        rates=np.array(rates, np.float64).reshape(-1, 2),
    )
