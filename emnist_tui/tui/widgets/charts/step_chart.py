"""Base of the charts over steps: held axes and small repaints."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from emnist_tui.tui.widgets.charts.axes import Axis
from emnist_tui.tui.widgets.charts.steps import View, Window
from emnist_tui.tui.widgets.hint import hint_strips

if TYPE_CHECKING:
    from emnist_tui.tui.widgets.charts.axes import Limits
    from emnist_tui.tui.widgets.charts.canvas import Canvas
    from emnist_tui.tui.widgets.charts.plot import Row  # plotext and numpy would delay the first frame

_WINDOW_NAMES = {Window.ALL: "", Window.HALF: " · last half", Window.TENTH: " · last tenth"}
_LOG_NAME = " · log scale"
_ASCII_DENSITY = ".:%"


class StepChart(Widget):
    """Chart over steps that repaints only rows that changed."""

    DEFAULT_CSS = """
    StepChart {
        width: 1fr;
        height: 1fr;
        border: round $foreground 25%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
        padding: 0 1 0 0;
    }
    """

    def __init__(self, title: str, axis: Axis, hint: str = "", *, id: str | None = None) -> None:
        """Create an empty chart; `hint` is shown while it has no data."""
        super().__init__(id=id)
        self._title = title
        self.border_title = Content(title)
        self._axis = axis
        self._hint = hint
        self._view = View()
        self._steps: Limits | None = None
        """First and last step of the axis, None before the first frame."""
        self._values: Limits | None = None
        """Lowest and highest value of the axis, None before the first frame."""
        self._strips: list[Strip] = []
        self._drawn_size = Size(0, 0)
        """Size that the strips were drawn for: a paint may come before the event of a new one."""

    def look(self, view: View) -> None:
        """Change the window of steps and the scale of the loss."""
        view = View(view.window, is_log=view.is_log and self._axis.has_log)
        if view == self._view:
            return
        self._view = view
        self._steps = self._values = None
        self.scale()
        self.border_title = Content(self._title + _WINDOW_NAMES[view.window] + (_LOG_NAME if view.is_log else ""))
        self._strips = []
        self.refresh()

    def explain_empty(self, hint: str) -> None:
        """Change what is shown while there is no data."""
        if hint != self._hint:
            self._hint = hint
            self._strips = []
            self.refresh()

    def render_line(self, y: int) -> Strip:
        if not self._strips or self._drawn_size != self.size:
            self._strips = self._drawn()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def on_resize(self) -> None:
        self._strips = []

    def notify_style_update(self) -> None:
        """Discard the frame when colors change.

        The next render draws it; until then the new component styles are not available.
        """
        super().notify_style_update()
        self._strips = []

    def scale(self) -> None:
        """Choose the limits of both axes anew, near those held so far."""
        raise NotImplementedError

    def plotted(self, width: int, height: int) -> list[Row] | None:
        """Return the frame; None without data or without room."""
        raise NotImplementedError

    def ink_styles(self) -> dict[int, Style]:
        """Return the style of every ink."""
        raise NotImplementedError

    @property
    def hint_style(self) -> Style:
        raise NotImplementedError

    @property
    def has_data(self) -> bool:
        raise NotImplementedError

    def redraw(self) -> None:
        """Repaint the rows that changed, or everything before the first frame."""
        if not self._strips:
            self.refresh()
            return
        before, self._strips = self._strips, self._drawn()
        for y, (old, new) in enumerate(zip_longest(before, self._strips)):
            if old != new:
                self.refresh(Region(0, y, self.size.width, 1))

    def lay_out(self, width: int, height: int) -> Canvas | None:
        """Return a canvas with the held limits, or None without room."""
        from emnist_tui.tui.widgets.charts.canvas import Canvas

        if self._steps is None or self._values is None:
            return None
        return Canvas.lay_out(width, height, self._steps, self._axis, self._values, is_log=self._view.is_log)

    def _drawn(self) -> list[Strip]:
        self._drawn_size = self.size
        width, height = self.size
        rows = self.plotted(width, height) if self.has_data else None
        if rows is None:
            # A chart with data but without room for it stays blank.
            return hint_strips("" if self.has_data else self._hint, self.size, self.hint_style)
        styles = self.ink_styles()
        if getattr(self.app, "is_ascii_only", False):
            rows = [[(_ascii_density(text, ink), ink) for text, ink in row] for row in rows]
        return [
            Strip([Segment(text, styles[ink]) for text, ink in row]).adjust_cell_length(width, self.rich_style)
            for row in rows
        ]


def _ascii_density(text: str, ink: int) -> str:
    """Replace the dots of batches by signs as dense as they are."""
    from emnist_tui.tui.widgets.charts.plot import Ink

    return _ASCII_DENSITY[ink - Ink.FEW] * len(text) if Ink.FEW <= ink <= Ink.MANY else text
