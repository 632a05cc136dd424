"""Dialog shown when the user quits during training."""

from enum import StrEnum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.dialog import Dialog


class QuitAnswer(StrEnum):
    """Choice between keeping the run, stopping it and not quitting."""

    KEEP_RUNNING = "keep"
    STOP = "stop"
    STAY = "stay"


class QuitDialog(Dialog[QuitAnswer]):
    """Question whether the training run should keep running."""

    DEFAULT_CSS = """
    QuitDialog {
        Vertical {
            width: 66;
        }
        Horizontal { height: auto; margin-top: 1; align: center middle; }
        Button { margin: 0 1; min-width: 8; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "answer('keep')", "Keep it running"),
        Binding("s", "answer('stop')", "Stop and save"),
        Binding("escape", "answer('stay')", "Stay"),
        bind("quit", "answer('stay')", "Stay"),
        Binding("left", "app.focus_previous", "Previous", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, run: str) -> None:
        super().__init__()
        self._run = run

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Quit"
            yield Static(
                Content.assemble(
                    (printable(self._run), "bold"),
                    " is training. It can keep running after you quit; run emnist-tui again to return.",
                )
            )
            with Horizontal():
                yield Button("k  Keep it running", id="keep", variant="primary", compact=True)
                yield Button("s  Stop and save", id="stop", compact=True)
                yield Button("esc  Stay", id="stay", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id or "stay")

    def action_answer(self, answer: str) -> None:
        self.dismiss(QuitAnswer(answer))
