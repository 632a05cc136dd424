"""Minimal SVG writer, and the colors of all figures.

Blue marks correct classifications, orange errors: both are distinct for the common kinds of color blindness.
"""

from html import escape

from emnist_tui.text.formats import printable

INK = "#1f2933"
FAINT = "#616e7c"
GRID = "#e4e7eb"
BLUE = "#1769aa"
PALE_BLUE = "#a9cdea"
ORANGE = "#e66100"

_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


class Picture:
    """SVG picture under construction; coordinates are pixels from the upper left."""

    def __init__(self, width: float, height: float, title: str) -> None:
        """Create an empty picture; screen readers announce its `title`."""
        self._size = width, height
        self._title = title
        self._parts: list[str] = []

    def rectangle(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self._parts.append(f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, color: str = GRID, dashed: bool = False) -> None:
        dashes = ' stroke-dasharray="3 3"' if dashed else ""
        self._parts.append(f'<path d="M{_n(x1)} {_n(y1)}L{_n(x2)} {_n(y2)}" stroke="{color}"{dashes}/>')

    def path(self, points: list[tuple[float, float]], color: str, width: float) -> None:
        """Draw a line through points."""
        places = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self._parts.append(
            f'<path d="M{places}" fill="none" stroke="{color}" stroke-width="{_n(width)}" stroke-linejoin="round"/>'
        )

    def polygon(self, points: list[tuple[float, float]], fill: str) -> None:
        places = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self._parts.append(f'<path d="M{places}Z" fill="{fill}"/>')

    def dot(self, x: float, y: float, fill: str, radius: float = 4.5) -> None:
        self._parts.append(
            f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}" stroke="#ffffff" stroke-width="1.5"/>'
        )

    def text(
        self,
        x: float,
        y: float,
        content: str,
        size: float = 12,
        color: str = INK,
        *,
        anchor: str = "start",
        bold: bool = False,
        turned: bool = False,
    ) -> None:
        """Write text with its baseline at `y`.

        `anchor` is `start`, `middle` or `end`; `turned` text reads upwards.
        """
        weight = ' font-weight="600"' if bold else ""
        turn = f' transform="rotate(-90 {_n(x)} {_n(y)})"' if turned else ""
        self._parts.append(
            f'<text x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{color}" text-anchor="{anchor}"'
            f"{weight}{turn}>{escape(printable(content))}</text>"
        )

    def image(self, x: float, y: float, side: float, png_base64: str) -> None:
        self._parts.append(
            f'<image x="{_n(x)}" y="{_n(y)}" width="{_n(side)}" height="{_n(side)}" '
            f'href="data:image/png;base64,{png_base64}" style="image-rendering:pixelated"/>'
        )

    def render(self) -> str:
        width, height = self._size
        title = escape(printable(self._title))
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
            f'viewBox="0 0 {_n(width)} {_n(height)}" role="img" aria-label="{title}" font-family="{_FONT}">'
        )
        paper = f'<title>{title}</title>\n<rect width="100%" height="100%" fill="#ffffff"/>'
        return "\n".join([head, paper, *self._parts, "</svg>"]) + "\n"


def blend(color: str, share: float) -> str:
    """Mix `color` (`#rrggbb`) into white: 0 is white, 1 is `color`."""
    channels = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (channel - 255) * share):02x}" for channel in channels)


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
