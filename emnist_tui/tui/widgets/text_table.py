"""Lines of text in columns, painted faster than Rich tables."""

from collections.abc import Iterable, Sequence

from textual.content import Content


def named(name: str, value: str | Content, width: int) -> Content:
    """Put a name and its value at the ends of a line."""
    value = Content(value) if isinstance(value, str) else value
    return Content.assemble((name, "dim"), " " * (width - len(name) - value.cell_length), value)


def facts(rows: Iterable[tuple[str, str]], width: int) -> Content:
    """Put names and values at the ends of lines."""
    return Content("\n").join(named(name, value, width) for name, value in rows)


def align(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align columns to the right, and spread them over the width.

    The rows have equal lengths and text one cell wide. The first column keeps its place.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gaps = len(widths) - 1
    each, left = divmod(max(0, width - sum(widths)), gaps or 1)
    widths[1:] = [cells + each + (number < left) for number, cells in enumerate(widths[1:])]
    return ["".join(map(str.rjust, row, widths)) for row in rows]
