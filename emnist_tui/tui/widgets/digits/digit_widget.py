"""Base class of the widgets that draw digits."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from emnist_tui.text.ascii_art import Image, ascii_art, half_blocks
from emnist_tui.tui.settings import DigitStyle
from emnist_tui.tui.widgets.hint import hint_strips

Line = list[Segment]


class DigitWidget(Widget):
    """Widget that draws digits and caches its lines until something changes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"digit--ink", "digit--quiet"}
    DEFAULT_CSS = """
    DigitWidget {
        width: 1fr;
        height: 1fr;

        & > .digit--ink { color: $foreground; }
        & > .digit--quiet { color: $foreground-muted; }
    }
    """

    style: reactive[DigitStyle] = reactive(DigitStyle.ASCII)
    """Drawing style; half blocks fall back to ASCII without truecolor."""

    def __init__(self, hint: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        """Create an empty widget; `hint` is shown while it has no digits."""
        super().__init__(id=id, classes=classes)
        self._hint = hint
        self._strips: list[Strip] = []
        self._page = Style()
        """Style of empty cells; Textual would find it again for every line."""

    def on_mount(self) -> None:
        if hasattr(self.app, "glyphs"):
            self.watch(self.app, "glyphs", lambda glyphs: setattr(self, "style", glyphs))

    def render_line(self, y: int) -> Strip:
        if not self._strips:
            self._strips = self._drawn() or hint_strips(self._hint, self.size, self._part("digit--quiet"))
            self._page = self.rich_style
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self._page)
        return self._strips[y].adjust_cell_length(self.size.width, self._page)

    def watch_style(self) -> None:
        self._invalidate()

    def on_resize(self) -> None:
        self._invalidate()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips = []

    def _invalidate(self) -> None:
        self._strips = []
        self.refresh()

    def _drawn(self) -> list[Strip]:
        """Draw the lines; return none if there is nothing to show."""
        raise NotImplementedError

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def _digit(self, image: Image, columns: int) -> list[Line]:
        if self.style is DigitStyle.HALF_BLOCK and self.app.console.color_system == "truecolor":
            return half_blocks(image, columns, inverted=not self.app.current_theme.dark)
        ink = self._part("digit--ink")
        return [[Segment(line, ink)] for line in ascii_art(image, columns)]
