"""Markdown that forges and editors render."""

import re
from collections.abc import Iterable, Sequence

from emnist_tui.text.formats import printable


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table.

    All but the first of three or more columns are aligned right.
    """
    lines = [names, ["---"] + ["---:"] * (len(names) - 1) if len(names) > 2 else ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(text: str) -> str:
    """Escape all Markdown and control characters of a text from outside."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&])", r"\\\1", printable(text))
