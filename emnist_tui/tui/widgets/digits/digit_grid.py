"""Grid of misclassified digits with a cursor on one."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.text import formats
from emnist_tui.text.ascii_art import COLUMNS
from emnist_tui.tui.widgets.digits.digit_widget import DigitWidget, Line

_THUMBNAIL = min(COLUMNS)  # columns of a digit; the one under the cursor is beside the grid, large
_FRAME = 2  # columns and rows of a tile's frame


class DigitGrid(DigitWidget, can_focus=True):
    """Pages of digits with a cursor; only the visible page is drawn."""

    DEFAULT_CSS = """
    DigitGrid {
        & > .grid--frame { color: $accent 55%; }
        &:focus > .grid--frame { color: $accent; }
        & > .grid--caption { color: $foreground 70%; }
        & > .grid--caption-at-cursor { color: $foreground; text-style: bold; }
        & > .grid--title { color: $accent; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--frame",
        "grid--caption",
        "grid--caption-at-cursor",
        "grid--title",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Previous digit", show=False),
        Binding("right", "move(1)", "Next digit", show=False),
        Binding("up", "move_row(-1)", "Previous row", show=False),
        Binding("down", "move_row(1)", "Next row", show=False),
        Binding("pageup", "move_page(-1)", "Previous page", show=False),
        Binding("pagedown", "move_page(1)", "Next page", show=False),
        Binding("home", "first", "First digit", show=False),
        Binding("end", "last", "Last digit", show=False),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """Position of the digit under the cursor among the digits shown."""

    class DigitHighlighted(Message):
        """The cursor moved to another digit, or other digits are shown."""

        def __init__(self, grid: "DigitGrid", position: int) -> None:
            super().__init__()
            self.grid = grid
            self.position = position

        @property
        def control(self) -> "DigitGrid":
            return self.grid

    def __init__(self, hint: str = "", *, id: str | None = None, classes: str | None = None) -> None:
        """Create an empty grid; `hint` is shown while it has no digits."""
        super().__init__(hint, id=id, classes=classes)
        self._mistakes: Sequence[Mistake] = ()
        self.title_of: Callable[[Mistake], str] = lambda _: ""
        """Short title in the upper edge of a digit's frame; call `show_title` after it changed."""

    def show(self, mistakes: Sequence[Mistake], cursor: int = 0) -> None:
        """Show other digits, with the cursor on the position `cursor`."""
        self._mistakes = mistakes
        self.set_reactive(DigitGrid.cursor, self.validate_cursor(cursor))
        self._invalidate()
        if mistakes:
            self.post_message(self.DigitHighlighted(self, self.cursor))

    def show_title(self, position: int) -> None:
        """Redraw one digit with its current title."""
        self._strips = []
        if position in self.page:
            self.refresh(self._tile_region(position))

    @property
    def page(self) -> range:
        """Visible positions."""
        start = self.cursor // self._page_size * self._page_size
        return range(start, min(start + self._page_size, len(self._mistakes)))

    def validate_cursor(self, cursor: int) -> int:
        return min(max(cursor, 0), max(0, len(self._mistakes) - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        self._strips = []
        if before in self.page:
            self.refresh(self._tile_region(before), self._tile_region(cursor))
        else:
            self.refresh()
        if self.is_attached and self._mistakes:
            self.post_message(self.DigitHighlighted(self, cursor))

    def action_move(self, by: int) -> None:
        self.cursor += by

    def action_move_row(self, by: int) -> None:
        if 0 <= self.cursor + by * self._across < len(self._mistakes):
            self.cursor += by * self._across

    def action_move_page(self, by: int) -> None:
        self.cursor += by * self._page_size

    def action_first(self) -> None:
        self.cursor = 0

    def action_last(self) -> None:
        self.cursor = len(self._mistakes) - 1

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        column, row = offset.x // self._tile.width, offset.y // self._tile.height
        position = self.page.start + row * self._across + column
        if column < self._across and position in self.page:
            self.cursor = position

    @property
    def _tile(self) -> Size:
        return Size(_THUMBNAIL + _FRAME, _THUMBNAIL // 2 + _FRAME)

    @property
    def _across(self) -> int:
        return max(1, self.size.width // self._tile.width)

    @property
    def _page_size(self) -> int:
        return self._across * max(1, self.size.height // self._tile.height)

    def _tile_region(self, position: int) -> Region:
        row, column = divmod(position - self.page.start, self._across)
        width, height = self._tile
        return Region(column * width, row * height, width, height)

    def _drawn(self) -> list[Strip]:
        strips: list[Strip] = []
        page = self.page
        for start in range(page.start, page.stop, self._across):
            row = range(start, min(start + self._across, page.stop))
            tiles = [self._drawn_tile(position) for position in row]
            strips.extend(Strip([segment for line in lines for segment in line]) for lines in zip(*tiles, strict=True))
        return strips

    def _drawn_tile(self, position: int) -> list[Line]:
        """Draw a digit in its frame; only the cursor's frame is visible."""
        mistake = self._mistakes[position]
        width = self._tile.width - _FRAME
        at_cursor = position == self.cursor
        frame = self._part("grid--frame")
        caption_style = self._part("grid--caption-at-cursor" if at_cursor else "grid--caption")
        edge, side, corners = ("─", "│", "╭╮╰╯") if at_cursor else (" ", " ", "    ")
        caption = _caption(mistake, width - 2)
        left = (width - len(caption) - 2) // 2
        right = width - len(caption) - 2 - left
        title = _title(self.title_of(mistake), width)
        return [
            [
                Segment(corners[0], frame),
                Segment(title, self._part("grid--title")),
                Segment(edge * (width - len(title)) + corners[1], frame),
            ],
            *([Segment(side, frame), *line, Segment(side, frame)] for line in self._digit(mistake.image, width)),
            [
                Segment(corners[2] + edge * left, frame),
                Segment(f" {caption} ", caption_style),
                Segment(edge * right + corners[3], frame),
            ],
        ]


def _caption(mistake: Mistake, width: int) -> str:
    """Return index and classes, such as `#1,234 4→9`.

    The index is left out where it does not fit.
    """
    classes = f"{mistake.true}→{mistake.predicted}"
    caption = f"#{formats.count(mistake.index)} {classes}"
    return caption if len(caption) <= width else classes


def _title(title: str, width: int) -> str:
    """Pad a title with spaces if they fit; omit a longer title."""
    return next((text for text in (f" {title} ", title) if title and len(text) <= width), "")
