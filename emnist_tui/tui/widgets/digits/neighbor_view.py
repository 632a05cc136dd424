"""Thumbnails of a digit's nearest correctly classified images, with captions."""

import textwrap
from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style

from emnist_tui.analysis.neighbors import Neighbor
from emnist_tui.text.ascii_art import Image
from emnist_tui.text.formats import count
from emnist_tui.tui.widgets.digits.digit_widget import Line

Draw = Callable[[Image, int], list[Line]]
"""Function that draws an image at a width in columns."""

_WIDE = 28


def draw_neighbor(
    neighbor: Neighbor | None, digit: int, columns: int, rows: int, draw: Draw, styles: tuple[Style, Style]
) -> list[Line]:
    """Draw the nearest image of class `digit`, or a sentence without one.

    Return at most `rows` lines of `columns` cells. `styles` are those of the class and of secondary text.
    """
    named, quiet = styles
    is_wide = columns >= _WIDE
    if neighbor is None:
        sentence = f"no correctly classified {digit}" if is_wide else f"no correct {digit}"
        return [[Segment(sentence.ljust(columns), quiet)]]
    index = f"#{count(neighbor.index)}"
    above = [Segment(f"nearest {digit}", named), Segment(f"  {index}" if is_wide else "", quiet)]
    below = [f"distance {count(neighbor.distance)}", *([] if is_wide else [index])]
    picture = draw(neighbor.image, columns)
    lines = [above, *picture, *([Segment(text, quiet)] for text in below)]
    return lines[:rows]


def draw_sentence(sentence: str, width: int, rows: int, style: Style) -> list[Line]:
    """Wrap the sentence that takes the place of missing neighbors."""
    return [[Segment(line, style)] for line in textwrap.wrap(sentence, max(1, width))[:rows]]
