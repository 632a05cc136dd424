"""Chart of several runs' curves of one metric."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from emnist_tui.runs.history import Floats
from emnist_tui.tui.widgets.charts import plot
from emnist_tui.tui.widgets.charts.axes import Axis, last_step_shown, step_ticks
from emnist_tui.tui.widgets.charts.plot import Ink
from emnist_tui.tui.widgets.hint import hint_strips

MOST_CURVES = 6

# After M. Okabe and K. Ito, Color Universal Design: distinct for color-blind eyes, legible on the background.
_ON_DARK = ("#56b4e9", "#e69f00", "#00b383", "#f0e442", "#cc79a7", "#e8702a")
_ON_LIGHT = ("#0072b2", "#be4e00", "#007d5b", "#a8457e", "#5000b4", "#000000")
# The nearest of the 16 ANSI colors.
_OF_SIXTEEN = ("#55ffff", "#aa5500", "#00aa00", "#ffff55", "#ff55ff", "#ff5555")
_OF_SIXTEEN_ON_LIGHT = ("#0000aa", "#aa0000", "#00aa00", "#aa00aa", "#aa5500", "#000000")


def curve_style(app: App[Any], position: int) -> Style:
    """Return a curve's style for the chart and the legend."""
    is_rich = app.console.color_system in ("truecolor", "256") and not app.native_ansi_color
    if app.current_theme.dark:
        colors = _ON_DARK if is_rich else _OF_SIXTEEN
    else:
        colors = _ON_LIGHT if is_rich else _OF_SIXTEEN_ON_LIGHT
    return Style.parse(f"bold {colors[position]}")


@dataclass(frozen=True, eq=False)
class Curve:
    """Moving mean of one run's metric."""

    x: Floats
    """float64 [points]: steps, increasing."""
    y: Floats
    """float64 [points]: the metric."""

    def finite_copy(self) -> "Curve":
        """Copy the finite points."""
        finite = np.isfinite(self.x) & np.isfinite(self.y)
        return Curve(self.x[finite], self.y[finite])


class OverlayChart(Widget):
    """Chart of up to `MOST_CURVES` numbered curves in different colors."""

    DEFAULT_CSS = """
    OverlayChart {
        width: 1fr;
        height: 1fr;
        border: round $foreground 25%;
        border-title-color: $foreground;
        padding: 0 1 0 0;

        & > .overlay--axis { color: $foreground-muted; }
        & > .overlay--hint { color: $foreground-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"overlay--axis", "overlay--hint"}

    def __init__(self, title: str, axis: Axis, hint: str = "", *, id: str | None = None) -> None:
        """Create an empty chart; `hint` is shown while it has no data."""
        super().__init__(id=id)
        self.border_title = Content(title)
        self._axis = axis
        self._hint = hint
        self._curves: list[Curve] = []
        self._total_steps = 0
        self._zoom_level = 0
        self._strips: list[Strip] = []

    def show(self, curves: Sequence[Curve], total_steps: int) -> None:
        """Draw curves; `total_steps` is the longest run's, 0 while unknown."""
        self._curves = [curve.finite_copy() for curve in curves]
        self._total_steps = total_steps
        self._zoom_level = self._axis.zoom_level(self._zoom_level, np.empty(0), self._ends) if self._has_data else 0
        self._strips = []
        self.refresh()

    def render_line(self, y: int) -> Strip:
        if not self._strips:
            self._strips = self._drawn()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def on_resize(self) -> None:
        self._strips = []

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips = []

    @property
    def _has_data(self) -> bool:
        return any(len(curve.x) for curve in self._curves)

    @property
    def _ends(self) -> Floats:
        """Last value of each curve that has points, float64 [curves]."""
        return np.array([curve.y[-1] for curve in self._curves if len(curve.y)])

    def _drawn(self) -> list[Strip]:
        rows = self._plotted() if self._has_data else None
        if rows is None:
            hint = "" if self._has_data else self._hint
            return hint_strips(hint, self.size, self.get_component_rich_style("overlay--hint"))
        styles = {plot.CURVE + position: curve_style(self.app, position) for position in range(len(self._curves))}
        styles |= {int(Ink.NONE): self.rich_style, int(Ink.AXIS): self.get_component_rich_style("overlay--axis")}
        return [
            Strip([Segment(text, self.rich_style + styles[ink]) for text, ink in row]).adjust_cell_length(
                self.size.width, self.rich_style
            )
            for row in rows
        ]

    def _plotted(self) -> list[list[tuple[str, int]]] | None:
        width, height = self.size
        y_limits = self._axis.limits(self._zoom_level, np.concatenate([curve.y for curve in self._curves]), self._ends)
        furthest = max(float(curve.x[-1]) for curve in self._curves if len(curve.x))
        last = last_step_shown(furthest, self._total_steps)
        return plot.draw_curves(
            [(curve.x, curve.y) for curve in self._curves],
            (0.0, float(last)),
            y_limits,
            step_ticks(last, width),
            self._axis.ticks(y_limits, height),
            width,
            height,
        )
