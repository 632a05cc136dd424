"""Text in an empty widget."""

import textwrap

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip


def hint_strips(text: str, size: Size, style: Style) -> list[Strip]:
    """Center a wrapped text in an otherwise empty widget."""
    lines = textwrap.wrap(text, max(1, size.width - 2))[: size.height]
    above = (size.height - len(lines)) // 2
    rows = [""] * above + lines + [""] * (size.height - above - len(lines))
    return [Strip([Segment(row.center(size.width), style)], size.width) for row in rows]
