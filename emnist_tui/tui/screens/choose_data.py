"""Question on which images two networks are compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static

from emnist_tui.text.formats import count, printable
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.widgets.choice_list import ChoiceList

_FOOT = "enter evaluate both · [@click=screen.cancel]esc cancel[/]"


@dataclass(frozen=True)
class DataOffer:
    """Images that both networks can be evaluated on."""

    source: str
    """Source of the data as `--data` takes it."""
    side: str
    """`A` or `B`, whose data it is."""
    data: str
    """Name of the data."""
    images: int | None
    """Images of its test split; None if unknown."""

    def __str__(self) -> str:
        images = f", {count(self.images)} test images" if self.images is not None else ", its test images"
        return printable(f"{self.side}'s data: {self.data}{images}")


class ChooseDataDialog(Dialog[str | None]):
    """Choice of the source of the images."""

    DEFAULT_CSS = """
    ChooseDataDialog {
        Vertical {
            width: 72;
        }
        ChoiceList { height: auto; margin-top: 1; border: none; padding: 0; }
        ChoiceList:focus { border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("j", "app.simulate_key('down')", "Down", show=False),
        Binding("k", "app.simulate_key('up')", "Up", show=False),
    ]

    def __init__(self, reason: str, offers: Sequence[DataOffer]) -> None:
        """Say why a choice is needed, and offer the data."""
        super().__init__()
        self._reason = reason
        self._offers = offers

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Compare on which images?"
            box.border_subtitle = _FOOT
            yield Static(Content(printable(f"{self._reason} Both are evaluated on the images that you choose.")))
            yield ChoiceList(*(Content(str(offer)) for offer in self._offers))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._offers[event.option_index].source)

    def action_cancel(self) -> None:
        self.dismiss(None)
