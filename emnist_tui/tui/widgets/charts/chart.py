"""Live chart of one metric: batches, moving mean, evaluations and epochs.

numpy and plotext are imported with the first values: they would take a quarter of the time to the first frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from emnist_tui.text.formats import printable
from emnist_tui.tui.terminal.textual_private import replace_border_subtitle
from emnist_tui.tui.widgets.charts.axes import Axis, last_step_shown, step_ticks
from emnist_tui.tui.widgets.hint import hint_strips

if TYPE_CHECKING:
    from emnist_tui.tui.widgets.charts.chart_data import ChartData
    from emnist_tui.tui.widgets.charts.plot import Ink, Row


class Chart(Widget):
    """Live chart of one metric that repaints only rows that changed."""

    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
        padding: 0 1 0 0;

        & > .chart--axis { color: $foreground-muted; }
        & > .chart--epoch { color: $foreground 20%; }
        & > .chart--dot { color: $foreground 36%; }
        & > .chart--line { color: $accent; text-style: bold; }
        & > .chart--mark { color: $foreground; text-style: bold; }
        & > .chart--hint { color: $foreground-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--axis",
        "chart--epoch",
        "chart--dot",
        "chart--line",
        "chart--mark",
        "chart--hint",
    }

    def __init__(
        self,
        title: str,
        axis: Axis,
        hint: str = "",
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """Create an empty chart; `hint` is shown while it has no data."""
        super().__init__(id=id, classes=classes)
        self.border_title = Content(title)
        self._axis = axis
        self._hint = hint
        self._data: ChartData | None = None
        self._zoom_level = 0
        self._strips: list[Strip] = []
        self._inks: dict[Ink, Style] = {}
        self._legend = Content("")

    def show(self, data: ChartData | None) -> None:
        """Draw the finite points of `data`; unchanged data costs next to nothing."""
        data = data.finite_copy() if data else None
        if data and not data.has_points:
            data = None
        if data is self._data or (data and self._data and data.equals(self._data)):
            return
        self._data = data
        self._zoom_level = self._axis.zoom_level(self._zoom_level, data.smooth, data.marks[:, 1]) if data else 0
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if not self._strips:
            self._strips = self._drawn(*self.size)
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def on_resize(self) -> None:
        self._strips = []
        self._show_legend()

    def notify_style_update(self) -> None:
        """Discard the frame when colors change.

        The next render draws it; until then the new component styles are not available.
        """
        super().notify_style_update()
        self._strips = []
        self._inks = {}

    def _redraw(self) -> None:
        """Repaint the rows that changed, or everything before the first frame."""
        self._show_legend()
        if not self._strips:
            self.refresh()
            return
        before, self._strips = self._strips, self._drawn(*self.size)
        for y, (old, new) in enumerate(zip_longest(before, self._strips)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def _drawn(self, width: int, height: int) -> list[Strip]:
        rows = self._plotted(width, height)
        if rows is None:
            # A chart with data but without room for it stays blank.
            hint = "" if self._data else self._hint
            return hint_strips(hint, Size(width, height), self.get_component_rich_style("chart--hint"))
        from emnist_tui.tui.widgets.charts.plot import Ink

        styles = self._styles()
        blank = styles[Ink.NONE]
        if getattr(self.app, "is_ascii_only", False):
            rows = [[(text if ink is not Ink.DOT else "." * len(text), ink) for text, ink in row] for row in rows]
        return [
            Strip([Segment(text, styles[ink]) for text, ink in row]).adjust_cell_length(width, blank) for row in rows
        ]

    def _plotted(self, width: int, height: int) -> list[Row] | None:
        data = self._data
        if data is None:
            return None
        from emnist_tui.tui.widgets.charts import plot

        y_limits = self._axis.limits(self._zoom_level, data.smooth, data.marks[:, 1])
        last = last_step_shown(max(data.x[-1:].max(initial=0), data.marks[:, 0].max(initial=0)), data.total_steps)
        epochs = data.epochs[data.epochs < last]
        frame = plot.Frame(data.x, data.y, data.smooth, data.marks, epochs, (0.0, float(last)), y_limits)
        return plot.draw(frame, step_ticks(last, width), self._axis.ticks(y_limits, height), width, height)

    def _styles(self) -> dict[Ink, Style]:
        from emnist_tui.tui.widgets.charts.plot import Ink

        if not self._inks:
            named = {ink: self.get_component_rich_style(f"chart--{ink.name.lower()}") for ink in list(Ink)[1:]}
            self._inks = {Ink.NONE: self.rich_style, **named}
        return self._inks

    def _show_legend(self) -> None:
        """Put the longest legend that fits into the lower border."""
        legend = next((text for text in self._legends() if text.cell_length <= self.size.width - 2), Content(""))
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
        from emnist_tui.runs.history import SMOOTHING

        value = self._axis.value
        current = value(data.smooth[-1]) if len(data.smooth) else value(None)
        quiet = "[$foreground-muted]"
        marks = ""
        if len(data.marks):
            marks = f"   [b]◆[/] {quiet}$marked[/] {value(data.marks[-1, 1])}"
        line = "[b $accent]━[/]"
        texts = (
            f"{quiet}⠿ batches[/]   {line} {quiet}mean of {SMOOTHING}[/] {current}{marks}",
            f"{line} {quiet}mean of {SMOOTHING}[/] {current}{marks}",
            f"{line} {current}{marks}",
            current,
        )
        for text in texts:
            yield Content.from_markup(text, marked=printable(data.marked))
