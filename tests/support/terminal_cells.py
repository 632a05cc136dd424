"""Cells of a terminal emulator, as far as they are seen."""

import pyte
from pyte.screens import Char

Cell = tuple[str, str, str, bool, bool, bool]
"""Text, colors and attributes of a cell."""


def cells_of(screen: pyte.Screen) -> list[list[Cell]]:
    """Return the rows of a screen."""
    return [[_seen(screen.buffer[y][x]) for x in range(screen.columns)] for y in range(screen.lines)]


def cells_in(text: str, columns: int, rows: int) -> list[list[Cell]]:
    """Return the rows of a screen that shows a text with escape codes."""
    screen = pyte.Screen(columns, rows)
    pyte.Stream(screen).feed(text.removesuffix("\n").replace("\n", "\r\n"))
    return cells_of(screen)


def check_same(shown: list[list[Cell]], fresh: list[list[Cell]], after: str) -> None:
    """Compare two screens; a failure shows the first, and below it the rows that differ as they should be."""
    wrong = [(x, y) for y, row in enumerate(fresh) for x, cell in enumerate(row) if cell != shown[y][x]]
    rows = [*shown, *(fresh[y] for y in sorted({y for _, y in wrong}))]
    text = "\n".join("".join(cell[0] for cell in row) for row in rows)
    assert not wrong, f"{len(wrong)} cells are wrong {after}, first {wrong[0]}:\n{text}"


def _seen(cell: Char) -> Cell:
    """Return what is seen of a cell: a blank has no color of text and no weight."""
    is_blank = cell.data == " " and not cell.reverse and not cell.underscore
    color, is_bold = ("default", False) if is_blank else (cell.fg, cell.bold)
    return cell.data, color, cell.bg, is_bold, cell.reverse, cell.underscore
