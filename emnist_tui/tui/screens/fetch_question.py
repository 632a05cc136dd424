"""Question before the EMNIST digits are downloaded."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from emnist_tui.runs.download_state import DownloadFolder, format_size
from emnist_tui.runs.official_archive import ARCHIVE_SIZE, DIGITS_SIZE, INSTALLED_SIZE, source_url, without_password
from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import bind
from emnist_tui.tui.screens.dialog import Dialog

_FOOT = "[@click=screen.answer(True)]enter download[/] · [@click=screen.answer(False)]esc cancel[/]"


class FetchQuestion(Dialog[bool]):
    """Source, size and destination of the download, to be agreed to."""

    DEFAULT_CSS = """
    FetchQuestion {
        Vertical {
            width: 74;
        }
        #places { color: $text-muted; margin-bottom: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Download"),
        bind("data", "answer(True)", "Download"),
        Binding("escape", "answer(False)", "Cancel"),
        bind("quit", "answer(False)", "Cancel"),
    ]

    def __init__(self, folder: DownloadFolder) -> None:
        """Ask about a download into `folder`."""
        super().__init__()
        self._folder = folder

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "Download the EMNIST digits?"
            box.border_subtitle = _FOOT
            places = f"from  {printable(without_password(source_url()))}", f"into  {printable(str(self._folder.root))}"
            yield Static(Content("\n".join(places)), id="places")
            yield Static(_describe_sizes(), markup=False)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


def _describe_sizes() -> str:
    digits, archive, installed = map(format_size, (DIGITS_SIZE, ARCHIVE_SIZE, INSTALLED_SIZE))
    return (
        f"{digits} are fetched: of the archive's {archive}, only the four files of the digits, unless the server can "
        f"send it only as a whole. Unpacked they take {installed}."
    )
