"""Live chart of one metric: batches, moving mean, evaluations and epochs."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import zip_longest
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from emnist_tui.runs.history import SMOOTHING
from emnist_tui.text.formats import printable
from emnist_tui.tui.terminal.textual_private import replace_border_subtitle
from emnist_tui.tui.widgets.charts import plot
from emnist_tui.tui.widgets.charts.axes import Axis, Floats, last_step_shown, step_ticks
from emnist_tui.tui.widgets.charts.plot import Frame, Ink, Row
from emnist_tui.tui.widgets.hint import hint_strips

_NO_VALUES = np.empty(0)


@dataclass(frozen=True, eq=False)
class ChartData:
    """Values of one metric over the steps of a run."""

    x: Floats
    """float64 [points]: steps, increasing."""
    y: Floats
    """float64 [points]: the metric of each batch."""
    smooth: Floats
    """float64 [points]: moving mean at each step."""
    marks: Floats
    """float64 [evaluations, 2]: step and value."""
    epochs: Floats = field(default_factory=lambda: _NO_VALUES)
    """float64 [epochs]: last step of each epoch."""
    total_steps: int = 0
    """Length of the whole run; 0 while unknown."""
    marked: str = "test"
    """Split of the evaluations in `marks`."""

    def equals(self, other: "ChartData") -> bool:
        return all(np.array_equal(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    def finite_copy(self) -> "ChartData":
        """Copy the finite points."""
        finite = np.isfinite(self.x) & np.isfinite(self.y) & np.isfinite(self.smooth)
        marks = np.asarray(self.marks, np.float64).reshape(-1, 2)
        return ChartData(
            self.x[finite],
            self.y[finite],
            self.smooth[finite],
            marks[np.isfinite(marks).all(axis=1)],
            self.epochs[np.isfinite(self.epochs)],
            self.total_steps,
            self.marked,
        )


EMPTY = ChartData(_NO_VALUES, _NO_VALUES, _NO_VALUES, np.empty((0, 2)))


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
        self._data = EMPTY
        self._zoom_level = 0
        self._strips: list[Strip] = []
        self._inks: dict[Ink, Style] = {}
        self._legend = Content("")

    def show(self, data: ChartData) -> None:
        """Draw the finite points of `data`; unchanged data costs next to nothing."""
        data = data.finite_copy()
        if data.equals(self._data):
            return
        self._data = data
        self._zoom_level = (
            self._axis.zoom_level(self._zoom_level, data.smooth, data.marks[:, 1]) if self._has_data else 0
        )
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

    @property
    def _has_data(self) -> bool:
        return bool(len(self._data.x) or len(self._data.marks))

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
        rows = self._plotted(width, height) if self._has_data else None
        if rows is None:
            # A chart with data but without room for it stays blank.
            hint = "" if self._has_data else self._hint
            return hint_strips(hint, Size(width, height), self.get_component_rich_style("chart--hint"))
        styles = self._styles()
        blank = styles[Ink.NONE]
        if getattr(self.app, "is_ascii_only", False):
            rows = [[(text if ink is not Ink.DOT else "." * len(text), ink) for text, ink in row] for row in rows]
        return [
            Strip([Segment(text, styles[ink]) for text, ink in row]).adjust_cell_length(width, blank) for row in rows
        ]

    def _plotted(self, width: int, height: int) -> list[Row] | None:
        data = self._data
        y_limits = self._axis.limits(self._zoom_level, data.smooth, data.marks[:, 1])
        last = last_step_shown(max(data.x[-1:].max(initial=0), data.marks[:, 0].max(initial=0)), data.total_steps)
        epochs = data.epochs[data.epochs < last]
        frame = Frame(data.x, data.y, data.smooth, data.marks, epochs, (0.0, float(last)), y_limits)
        return plot.draw(frame, step_ticks(last, width), self._axis.ticks(y_limits, height), width, height)

    def _styles(self) -> dict[Ink, Style]:
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
        if not self._has_data:
            return
        value = self._axis.value
        current = value(self._data.smooth[-1]) if len(self._data.smooth) else value(None)
        quiet = "[$foreground-muted]"
        marks = ""
        if len(self._data.marks):
            marks = f"   [b]◆[/] {quiet}$marked[/] {value(self._data.marks[-1, 1])}"
        line = "[b $accent]━[/]"
        texts = (
            f"{quiet}⠿ batches[/]   {line} {quiet}mean of {SMOOTHING}[/] {current}{marks}",
            f"{line} {quiet}mean of {SMOOTHING}[/] {current}{marks}",
            f"{line} {current}{marks}",
            current,
        )
        for text in texts:
            yield Content.from_markup(text, marked=printable(self._data.marked))
