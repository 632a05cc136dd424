"""Dialog that asks for one whole number."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from emnist_tui.text.formats import count, printable
from emnist_tui.tui.screens.dialog import Dialog

_FOOT = "[@click=screen.accept]enter accept[/] · [@click=screen.cancel]esc cancel[/]"


class AskNumberDialog(Dialog[int | None]):
    """Question for a whole number from 1 on."""

    DEFAULT_CSS = """
    AskNumberDialog {
        Vertical {
            width: 58;
        }
        Horizontal { height: 1; margin: 1 0; }
        Label { margin-right: 1; }
        Input { width: 9; }
        #problem { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, title: str, text: str, question: str, offered: int, most: int) -> None:
        """Ask for 1 to `most`, filled in with `offered`."""
        super().__init__()
        self._title, self._text, self._question = title, text, question
        self._offered, self._most = offered, most

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            box.border_subtitle = _FOOT
            yield Static(Content(printable(self._text)))
            with Horizontal():
                yield Label(self._question)
                yield Input(
                    str(self._offered),
                    restrict=r"[0-9]*",
                    max_length=6,
                    compact=True,
                    select_on_focus=True,
                    id="number",
                )
            yield Static(id="problem", markup=False)

    def on_input_changed(self) -> None:
        self.query_one("#problem", Static).update(self._problem)

    def on_input_submitted(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        if self._problem:
            self.app.bell()
        else:
            self.dismiss(self._number)

    def action_cancel(self) -> None:
        self.dismiss(None)

    @property
    def _number(self) -> int:
        return int(self.query_one("#number", Input).value or 0)

    @property
    def _problem(self) -> str:
        return "" if 1 <= self._number <= self._most else f"Write a number from 1 to {count(self._most)}."
