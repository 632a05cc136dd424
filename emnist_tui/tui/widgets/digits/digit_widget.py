"""What the widgets that draw digits have in common."""

from enum import StrEnum
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from emnist_tui.text.ascii_art import Image, ascii_art, half_blocks
from emnist_tui.tui.widgets.hint import hint_strips

Line = list[Segment]


class DigitStyle(StrEnum):
    """How digits are drawn."""

    ASCII = "ascii"
    HALF_BLOCK = "half-blocks"


class DigitWidget(Widget):
    """Draws its lines when they are asked for and keeps them until something changes."""

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
    """How digits are drawn; half blocks need truecolor, elsewhere they are ASCII all the same."""

    def __init__(self, hint: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        """`hint` is what the widget says while it has nothing to show."""
        super().__init__(id=id, classes=classes)
        self._hint = hint
        self._strips: list[Strip] = []

    def on_mount(self) -> None:
        if hasattr(self.app, "glyphs"):
            self.watch(self.app, "glyphs", lambda glyphs: setattr(self, "style", glyphs))

    def render_line(self, y: int) -> Strip:
        if not self._strips:
            self._strips = self._drawn() or hint_strips(self._hint, self.size, self._part("digit--quiet"))
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self.rich_style)
        return self._strips[y].adjust_cell_length(self.size.width, self.rich_style)

    def watch_style(self) -> None:
        self._start_anew()

    def on_resize(self) -> None:
        self._start_anew()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips = []

    def _start_anew(self) -> None:
        self._strips = []
        self.refresh()

    def _drawn(self) -> list[Strip]:
        """The lines; none when there is nothing to show."""
        raise NotImplementedError

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def _digit(self, image: Image, columns: int) -> list[Line]:
        if self.style is DigitStyle.HALF_BLOCK and self.app.console.color_system == "truecolor":
            return half_blocks(image, columns, inverted=not self.app.current_theme.dark)
        ink = self._part("digit--ink")
        return [[Segment(line, ink)] for line in ascii_art(image, columns)]
