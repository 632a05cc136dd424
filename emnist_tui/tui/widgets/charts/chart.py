"""Live chart of one metric: batches, moving mean, evaluations and epochs.

numpy and plotext are imported with the first values: they would take a quarter of the time to the first frame.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from textual.content import Content
from textual.geometry import Region

from emnist_tui.text.formats import count, printable, split_label
from emnist_tui.tui.terminal.textual_private import replace_border_subtitle
from emnist_tui.tui.widgets.charts.axes import Axis, hold_log, positive_range, settled
from emnist_tui.tui.widgets.charts.step_chart import StepChart
from emnist_tui.tui.widgets.charts.steps import hold_steps

if TYPE_CHECKING:
    from emnist_tui.tui.widgets.charts.canvas import Canvas
    from emnist_tui.tui.widgets.charts.chart_data import ChartData
    from emnist_tui.tui.widgets.charts.plot import Cells, Row

_CLOUD_INTERVAL = 1.0  # seconds between additions to the batches, which take most bytes of a frame
_BESIDE_LEGEND = 3  # columns of the lower border, beyond the widget's own, that a legend leaves free
_REST = 4.0  # seconds that the axes stay unless a value leaves them: a move repaints everything
_AROUND_LOWEST = 0.4  # of a logarithmic axis: most batches are above this share of their mean
_READABLE = 0.25  # seconds that a value stays in the legend, long enough to read


class Chart(StepChart):
    """Live chart of one metric.

    The line grows with every frame, the batches behind it once a second: most bytes of a frame are theirs.
    """

    DEFAULT_CSS = """
    Chart {
        & > .chart--axis { color: $foreground-muted; }
        & > .chart--epoch { color: $foreground 20%; }
        & > .chart--few { color: $foreground 26%; }
        & > .chart--some { color: $foreground 42%; }
        & > .chart--many { color: $foreground 60%; }
        & > .chart--line { color: $accent; text-style: bold; }
        & > .chart--mark { color: $foreground; text-style: bold; }
        & > .chart--rate { color: $foreground 75%; }
        & > .chart--replay { color: $warning; text-style: bold; }
        & > .chart--hint { color: $foreground-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--axis",
        "chart--epoch",
        "chart--few",
        "chart--some",
        "chart--many",
        "chart--line",
        "chart--mark",
        "chart--rate",
        "chart--replay",
        "chart--hint",
    }

    def __init__(self, title: str, axis: Axis, hint: str = "", *, id: str | None = None) -> None:
        """Create an empty chart; `hint` is shown while it has no data."""
        super().__init__(title, axis, hint, id=id)
        self._shown: ChartData | None = None
        """Data as it was passed to `show`."""
        self._data: ChartData | None = None
        """Copy of its finite points; None without any."""
        self._replayed: tuple[int | None, str] = None, ""
        """Step of the replay, None without one, and a note on it."""
        self._last: float | None = None
        """Newest step of the frame before."""
        self._is_scaled = False
        """Whether the axes suit the data."""
        self._clouded = 0
        """Points that are drawn as batches."""
        self._next_cloud = self._next_value = self._next_move = 0.0
        self._back: tuple[tuple[Canvas, int, int, bytes], Cells] | None = None
        """Axes and batches of the last frame, by what they depend on."""
        self._legend = Content("")
        self._inks: dict[int, Style] = {}

    def show(self, data: ChartData | None) -> None:
        """Draw the finite points of `data`.

        The same object again costs next to nothing.
        """
        is_new = data is not self._shown and self._take(data)
        self._shown = data
        if self.has_data != bool(self._legend):
            self._next_value = 0.0
        is_moved = self._move_axes()
        if self._data:
            self._last = self._data.last
        if self._add_to_cloud() or is_new or is_moved:
            self.redraw()
        if time.monotonic() >= self._next_value:
            self._next_value = time.monotonic() + _READABLE
            self._show_legend()

    def mark(self, step: int | None, note: str = "") -> None:
        """Mark the step of a replay, with a note; None for none."""
        if (step, note) != self._replayed:
            self._replayed = step, note
            self.redraw()

    def scale(self) -> None:
        if self._data is None:
            return
        data, last = self._data, self._data.last
        self._steps = hold_steps(self._view.window, last, data.total_steps, self._steps, self._last)
        first = int(data.x.searchsorted(self._steps[0]))
        smooth, marks = data.smooth[first:], data.marks[data.marks[:, 0] >= self._steps[0], 1]
        if self._view.is_log:
            lowest, highest = positive_range((smooth, marks))
            self._values = hold_log(self._values, lowest * _AROUND_LOWEST, highest)
        else:
            axis, of_marks = self._axis, self._axis.distance(marks[len(marks) // 2 :])  # the first epochs' are far off
            now, worst = max(axis.distance(smooth[-1:]), of_marks), max(axis.distance(settled(smooth)), of_marks)
            self._values = axis.hold(self._values, now, worst)

    def plotted(self, width: int, height: int) -> list[Row] | None:
        from emnist_tui.tui.widgets.charts import plot

        data, canvas = self._data, self.lay_out(width, height)
        if data is None or canvas is None:
            return None
        epochs = data.epochs[data.epochs < canvas.x_limits[1]]
        frame = plot.Frame(
            data.x,
            data.y,
            data.smooth,
            data.marks,
            epochs,
            self._clouded,
            data.grain,
            data.window,
            data.rates,
            self._replayed_at(data),
        )
        key = canvas, self._clouded, len(epochs), data.rates.tobytes()
        if self._back is None or self._back[0] != key:
            self._back = key, plot.draw_back(frame, canvas)
        return plot.draw_over(self._back[1], frame, canvas)

    def _replayed_at(self, data: ChartData) -> tuple[float, list[str]] | None:
        """Return the replay's step, and labels with the mean there."""
        step, note = self._replayed
        if step is None:
            return None
        place = int(data.x.searchsorted(step, "right")) - 1
        value = f" · {self._axis.value(data.smooth[place])}" if place >= 0 else ""
        note = note and f" {note}"
        return float(step), [f"step {count(step)}{value}{note}", f"{count(step)}{value}", count(step)]

    @property
    def has_data(self) -> bool:
        return self._data is not None

    def on_resize(self) -> None:
        super().on_resize()
        self._show_legend()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks = {}

    def ink_styles(self) -> dict[int, Style]:
        from emnist_tui.tui.widgets.charts.plot import Ink

        if not self._inks:
            named = {int(ink): self.get_component_rich_style(f"chart--{ink.name.lower()}") for ink in list(Ink)[1:]}
            self._inks = {int(Ink.NONE): self.rich_style, **named}
        return self._inks

    @property
    def hint_style(self) -> Style:
        return self.get_component_rich_style("chart--hint")

    def _add_to_cloud(self) -> bool:
        """Add new batches to the cloud once a second.

        Return whether there were any.
        """
        now = time.monotonic()
        count = len(self._data.x) if self._data else 0
        if count == self._clouded or (count > self._clouded and now < self._next_cloud):
            return False
        self._clouded, self._next_cloud = count, now + _CLOUD_INTERVAL
        self._back = None
        return True

    def _take(self, data: ChartData | None) -> bool:
        """Copy the data and move the axes.

        Return whether there is a change.
        """
        data = data.finite_copy() if data else None
        if data is None or not data.has_points:
            had_data, self._data, self._steps, self._values, self._last = self.has_data, None, None, None, None
            return had_data
        if self._data and data.equals(self._data):
            return False
        self._data = data
        self._is_scaled = False
        return True

    def _move_axes(self) -> bool:
        """Move the axes to new data, unless they rest.

        Return whether they moved.
        """
        now = time.monotonic()
        if self._data is None or self._is_scaled or (now < self._next_move and not self._leaves_axes(self._data)):
            return False
        axes = self._steps, self._values
        self.scale()
        self._is_scaled = True
        if axes == (self._steps, self._values):
            return False
        self._next_cloud = 0.0  # everything moves, and the cloud with it
        self._next_move = now + _REST
        return True

    def _leaves_axes(self, data: ChartData) -> bool:
        """Return whether the axes held so far lack the newest values."""
        if self._steps is None or self._values is None or not self._steps[0] <= data.last <= self._steps[1]:
            return True
        newest = [*data.smooth[-1:].tolist(), *data.marks[-1:, 1].tolist()]
        return any(not self._values[0] <= value <= self._values[1] for value in newest)

    def _show_legend(self) -> None:
        """Put the longest legend that fits into the lower border."""
        room = self.size.width - _BESIDE_LEGEND
        legend = next((text for text in self._legends() if text.cell_length <= room), Content(""))
        if legend == self._legend:
            return
        self._legend = legend
        # The public property would repaint the whole widget; this repaints only the border's row.
        replace_border_subtitle(self, legend)
        self.refresh(Region(0, self.size.height, self.size.width, 1))

    def _legends(self) -> Iterator[Content]:
        """Yield legends from the longest to the shortest."""
        data = self._data
        if data is None:
            return
        quiet, value, evaluated = "[$foreground-muted]", self._axis.value, self._axis.evaluated
        current = mark = marked = labeled = ""
        if len(data.smooth):
            current = value(data.smooth[-1])
        if len(data.marks):
            mark = f"[b]◆[/] {evaluated(data.marks[-1, 1])}"
            marked, labeled = (mark.replace(" ", f" {quiet}${name}[/] ", 1) for name in ("marked", "label"))
        line = "[b $accent]━[/]"
        batches = data.points
        mean = f"{line} {quiet}mean of {data.window * data.stride}[/] {current}"
        parts = (
            (f"{quiet}⠿ {'middle 90 % of ' if data.grain else ''}{batches}[/]", mean, marked),
            (f"{quiet}⠿ {batches}[/]", mean, marked),
            ("", mean, marked),
            ("", f"{line} {current}", marked),
            ("", "", f"{line} {current} {labeled}"),
            ("", f"{line} {current}", mark),
        )
        for whole in parts:
            shown = whole if current else (marked,)
            text = "   ".join(part for part in shown if part)
            yield Content.from_markup(text, marked=printable(data.marked), label=printable(split_label(data.marked)))
        yield Content.from_markup(current or mark)
