"""Question which file is run for a network of one's own."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.network_sources import find_network
from emnist_tui.text.formats import printable
from emnist_tui.tui.screens.dialog import Dialog


class RunFileDialog(Dialog[str | None]):
    """Question with one line for a file and name.

    It is filled in with those recorded. The answer is the file to run, as `TrainConfig` has it; None runs nothing.
    Enter means no unless the user has moved to another answer: it may have been pressed before the question was seen.
    """

    DEFAULT_CSS = """
    RunFileDialog {
        Vertical {
            width: 86;
        }
        Input { margin: 1 0; }
        #problem { color: $text-error; display: none; margin-bottom: 1; }
        #problem.-shown { display: block; }
        Horizontal { height: auto; align: center middle; }
        Button { margin: 0 1; min-width: 8; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "run", "Run it"),
        Binding("n,q", "cancel", "Cancel"),
        Binding("escape", "cancel", "Cancel"),
        Binding("left,up", "app.focus_previous", "Previous", show=False),
        Binding("right,down", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, recorded: str) -> None:
        """Offer the file that a run or checkpoint records."""
        super().__init__()
        self._recorded = recorded

    def compose(self) -> ComposeResult:
        file = NetworkFile.parse(self._recorded)
        with Vertical() as box:
            box.border_title = "Run this file?"
            name = printable(file.name if file else self._recorded)
            yield Static(
                Content.assemble(
                    (name, "bold"),
                    " is a network of your own. Its file can do whatever you can: run only what you trust.",
                )
            )
            yield Input(printable(self._recorded), compact=True)
            yield Static(id="problem")
            with Horizontal():
                yield Button("y  Run it", id="run", variant="primary", compact=True)
                yield Button("esc  Cancel", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Focus the safe answer, or else the file that is missing."""
        self.query_one("#cancel" if self._find() else Input).focus()

    def on_input_changed(self) -> None:
        self._find()

    def on_input_submitted(self) -> None:
        self.action_run()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "run":
            self.action_run()
        else:
            self.action_cancel()

    def action_run(self) -> None:
        """Answer with the file, if it can be run."""
        if file := self._find():
            self.dismiss(file)
        else:
            self.app.bell()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _find(self) -> str | None:
        """Return the network in the line, or say why there is none."""
        file, words = None, ""
        try:
            file = str(find_network(self.query_one(Input).value.strip()))
        except UsageError as error:
            words = printable(str(error))
        problem = self.query_one("#problem", Static)
        problem.update(Content(words))
        problem.set_class(bool(words), "-shown")
        return file
