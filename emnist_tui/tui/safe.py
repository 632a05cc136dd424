"""Text from outside the program - file names, messages of errors - shown as it is, never interpreted."""

import unicodedata

from rich.cells import cell_len, set_cell_size
from textual.content import Content

_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))  # control, direction marks, lone surrogates, unassigned
_ELLIPSIS = "…"


def printable(text: str) -> str:
    """Every character that a terminal would act on, or could not draw, as its escape: `\\x1b`, `\\u202e`, `\\udcff`."""
    return "".join(
        _escaped(character) if unicodedata.category(character) in _UNSEEN else character for character in text
    )


def shown(text: str, limit: int | None = None) -> Content:
    """Text for a widget: no markup, nothing acts on the terminal; at most `limit` cells, the rest is `…`."""
    visible = printable(text)
    if limit is not None and cell_len(visible) > limit:
        visible = set_cell_size(visible, max(0, limit - 1)) + _ELLIPSIS[:limit]
    return Content(visible)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
