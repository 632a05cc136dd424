"""Smallest app that shows widgets, for tests of one widget."""

from rich.color import ColorSystem
from textual.app import App, ComposeResult
from textual.widget import Widget


class WidgetApp(App[None]):
    """Widgets below each other in a terminal of a chosen color system."""

    def __init__(self, *widgets: Widget, color_system: ColorSystem = ColorSystem.TRUECOLOR) -> None:
        super().__init__()
        self.console._color_system = color_system
        self.widgets = widgets

    def compose(self) -> ComposeResult:
        yield from self.widgets

    @property
    def text(self) -> str:
        """Screen as it is painted, a line per row."""
        return "\n".join(strip.text for strip in self.screen._compositor.render_strips())

    @property
    def lines(self) -> list[str]:
        """Painted rows without frame and outer spaces, empty ones omitted."""
        rows = (row.strip("│ ") for row in self.text.split("\n"))
        return [row for row in rows if row]
