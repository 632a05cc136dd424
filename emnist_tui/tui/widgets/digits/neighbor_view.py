"""The nearest correctly classified images of a digit, small, each with its caption."""

import textwrap
from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style

from emnist_tui.analysis.neighbors import Neighbor
from emnist_tui.text.ascii_art import Image
from emnist_tui.text.formats import count
from emnist_tui.tui.widgets.digits.digit_widget import Line

Draw = Callable[[Image, int], list[Line]]
"""Draws an image so many columns wide."""

_WIDE = 28


def draw_neighbor(
    neighbor: Neighbor | None, digit: int, columns: int, rows: int, draw: Draw, styles: tuple[Style, Style]
) -> list[Line]:
    """At most `rows` lines of `columns` cells; `styles` are those of the class and of quiet words."""
    named, quiet = styles
    if neighbor is None:
        return [[Segment(f"no right {digit}".ljust(columns), quiet)]]
    index = f"#{count(neighbor.index)}"
    is_wide = columns >= _WIDE
    above = [Segment(f"nearest {digit}", named), Segment(f"  {index}" if is_wide else "", quiet)]
    below = [f"{'distance ' if is_wide else ''}{count(neighbor.distance)}{'' if is_wide else ' away'}"]
    below += [] if is_wide else [index]
    picture = draw(neighbor.image, columns)
    lines = [above, *picture, *([Segment(words, quiet)] for words in below)]
    return lines[:rows]


def draw_sentence(sentence: str, width: int, rows: int, style: Style) -> list[Line]:
    """What stands where the neighbors will be."""
    return [[Segment(line, style)] for line in textwrap.wrap(sentence, max(1, width))[:rows]]
