"""Dialog that asks which digit to examine."""

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.folder import is_file
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.remedies import in_the_app
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.session.inside_digit import SPLITS, DigitPlace, parse_digit

_HINT = "18 or #1,234 is a digit of the {} split; train 5 of another; else the path of a PNG or JPEG picture."
_FOOT = "[@click=screen.accept]enter examine[/] · [@click=screen.cancel]esc cancel[/]"


class AskDigitDialog(Dialog[DigitPlace | Path | None]):
    """One line for an index or a picture's path."""

    DEFAULT_CSS = """
    AskDigitDialog {
        Vertical {
            width: 70;
        }
        Input { margin-bottom: 1; }
        Static { color: $text-muted; min-height: 2; }
        Static.-bad { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, split: str) -> None:
        """Take an index alone to be of `split`."""
        super().__init__()
        self._split = split if split in SPLITS else "test"

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Digit"
            box.border_subtitle = _FOOT
            yield Input(placeholder="index, or path of a picture", compact=True)
            yield Static(_HINT.format(self._split), id="hint", markup=False)

    def on_input_changed(self) -> None:
        self._say(_HINT.format(self._split))

    def on_input_submitted(self) -> None:
        self.action_accept()

    def action_accept(self) -> None:
        try:
            found = parse_digit(self.query_one(Input).value, self._split)
        except EmnistTuiError as error:
            self._say(in_the_app(str(error), keymap_of(self.app)), is_bad=True)
            return
        if isinstance(found, Path) and not is_file(found):
            self._say(f"There is no file {found}; write an index such as 18 or train 5, or a path.", is_bad=True)
        elif found is not None:
            self.dismiss(found)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _say(self, sentence: str, *, is_bad: bool = False) -> None:
        words = self.query_one("#hint", Static)
        words.set_class(is_bad, "-bad")
        words.update(Content(printable(sentence)))
