"""Question that is answered by yes or no."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from emnist_tui.text.formats import printable
from emnist_tui.tui.screens.dialog import Dialog


class ConfirmDialog(Dialog[bool]):
    """Question with two buttons; escape means no."""

    DEFAULT_CSS = """
    ConfirmDialog {
        Vertical {
            width: 66;
        }
        Horizontal { height: auto; margin-top: 1; align: center middle; }
        Button { margin: 0 1; min-width: 8; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,q", "answer(False)", "No"),
        Binding("escape", "answer(False)", "No"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, title: str, question: str, yes: str, no: str, *, is_final: bool = False) -> None:
        """Ask a question; Enter answers yes unless the answer `is_final`.

        `yes` and `no` name the answers, such as `Delete`. The question may contain foreign text.
        """
        super().__init__()
        self._title, self._question = title, question
        self._yes, self._no = yes, no
        self._is_final = is_final

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = self._title
            yield Static(Content("\n".join(map(printable, self._question.split("\n")))))
            with Horizontal():
                yield Button(f"y  {self._yes}", id="yes", variant="primary", compact=True)
                yield Button(f"esc  {self._no}", id="no", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no" if self._is_final else "#yes", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
