"""Input of a number."""

from textual.events import Key
from textual.widgets import Input


class NumberBox(Input):
    """Compact input that ignores a typed space, which no number takes.

    Space opens the menus of the boxes around it, and would overwrite a selected number.
    """

    def __init__(self, field: str, value: str, blank: str = "") -> None:
        """Make the box `#field`; `blank` is the value of no text."""
        super().__init__(value, blank, id=field, select_on_focus=True, validate_on=())

    def on_key(self, event: Key) -> None:
        if event.key == "space":
            event.stop()
            event.prevent_default()
