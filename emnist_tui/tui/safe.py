"""Text from outside the program - file names, messages of errors - shown as it is, never interpreted."""

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from emnist_tui.tui.formats import printable

_ELLIPSIS = "…"


def shown(text: str, limit: int | None = None) -> Content:
    """Text for a widget: no markup, nothing acts on the terminal; at most `limit` cells, the rest is `…`."""
    visible = printable(text)
    if limit is not None and cell_len(visible) > limit:
        visible = set_cell_size(visible, max(0, limit - 1)) + _ELLIPSIS[:limit]
    return Content(visible)
