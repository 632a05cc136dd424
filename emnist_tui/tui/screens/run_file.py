"""Question which file is run for a network of one's own."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.network_sources import find_network
from emnist_tui.text.formats import printable
from emnist_tui.tui.screens.dialog import Dialog

_FOOT = "[@click=screen.run]enter run it[/] · [@click=screen.cancel]esc cancel[/]"


class RunFileDialog(Dialog[str | None]):
    """One line for a file and name, filled in with those recorded.

    The answer is the file to run, as `TrainConfig` has it; None runs nothing.
    """

    DEFAULT_CSS = """
    RunFileDialog {
        Vertical {
            width: 86;
        }
        Input { margin: 1 0; }
        #problem { color: $text-error; display: none; }
        #problem.-shown { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, recorded: str) -> None:
        """Offer the file that a run or checkpoint records."""
        super().__init__()
        self._recorded = recorded

    def compose(self) -> ComposeResult:
        file = NetworkFile.parse(self._recorded)
        with Vertical() as box:
            box.border_title = "Run this file?"
            box.border_subtitle = _FOOT
            name = printable(file.name if file else self._recorded)
            yield Static(
                Content.assemble(
                    (name, "bold"),
                    " is a network of your own. Its file can do whatever you can: run only what you trust.",
                )
            )
            yield Input(printable(self._recorded), compact=True)
            yield Static(id="problem")

    def on_input_changed(self) -> None:
        self.query_one("#problem").remove_class("-shown")

    def on_input_submitted(self) -> None:
        self.action_run()

    def action_run(self) -> None:
        """Answer with the file, or say why it cannot be run."""
        try:
            file = find_network(self.query_one(Input).value.strip())
        except UsageError as error:
            problem = self.query_one("#problem", Static)
            problem.update(Content(printable(str(error))))
            problem.add_class("-shown")
            self.app.bell()
            return
        self.dismiss(str(file))

    def action_cancel(self) -> None:
        self.dismiss(None)
