"""Grid of terminal cells to draw a network on."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from emnist_tui.text.formats import printable

Hit = Callable[[int, int], Message | None]
"""Message for a click, from the column and row within a region."""


@dataclass
class Canvas:
    """Texts that do not overlap, and regions that answer clicks."""

    width: int
    height: int
    spots: list[tuple[Region, Hit]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows: list[list[tuple[int, list[Segment], int]]] = [[] for _ in range(self.height)]

    def put(self, x: int, y: int, segments: list[Segment]) -> None:
        """Put segments at a place unless they do not fit whole."""
        width = sum(cell_len(segment.text) for segment in segments)
        if segments and 0 <= y < self.height and x >= 0 and x + width <= self.width:
            self.rows[y].append((x, segments, width))

    def text(self, x: int, y: int, text: str, style: Style) -> int:
        """Put a text at a place, escaped; return the column after it."""
        text = printable(text)
        self.put(x, y, [Segment(text, style)])
        return x + cell_len(text)

    def right(self, end: int, y: int, text: str, style: Style) -> None:
        """Put a text whose last cell is before column `end`."""
        self.text(end - cell_len(text), y, text, style)

    def spot(self, region: Region, hit: Hit) -> None:
        """Let a region answer clicks."""
        self.spots.append((region, hit))

    def hit(self, x: int, y: int) -> Message | None:
        """Return the message for a click, if any region answers."""
        for region, hit in reversed(self.spots):
            if region.contains(x, y) and (message := hit(x - region.x, y - region.y)) is not None:
                return message
        return None

    def strips(self, page: Style) -> list[Strip]:
        """Return all lines; `page` is the style of empty cells."""
        return [self._strip(row, page) for row in self.rows]

    def _strip(self, row: list[tuple[int, list[Segment], int]], page: Style) -> Strip:
        segments: list[Segment] = []
        end = 0
        for x, parts, width in sorted(row, key=lambda part: part[0]):
            if x < end:  # a neighbor is in the way
                continue
            if x > end:
                segments.append(Segment(" " * (x - end), page))
            segments += parts
            end = x + width
        if end < self.width:
            segments.append(Segment(" " * (self.width - end), page))
        return Strip(segments, self.width)
