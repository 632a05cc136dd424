"""Dialog of the EMNIST download: source, destination, progress and outcome."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.markup import escape
from textual.widgets import Static

from emnist_tui.runs.download_state import DownloadRecord
from emnist_tui.text.bars import thin_bar
from emnist_tui.text.formats import percent, printable
from emnist_tui.tui.keymap import Keymap, bind, keymap_of
from emnist_tui.tui.screens.dialog import Dialog
from emnist_tui.tui.session.download_session import (
    TITLE,
    DownloadSession,
    Outcome,
    describe_numbers,
    describe_phase,
    share,
)

_PERCENT = 7  # cells after the bar


class DownloadDialog(Dialog[None]):
    """Progress of the download.

    Its keys cancel, retry or continue in the background. State flows down: the app calls `show_download`.
    """

    DEFAULT_CSS = """
    DownloadDialog {
        Vertical {
            width: 74;
        }
        #places { color: $text-muted; }
        #progress { color: $text-accent; }
        .-below { margin-top: 1; }
        #words.-failed { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Hide", tooltip="Continue in the background"),
        bind("quit", "dismiss", "Hide", tooltip="Continue in the background"),
        bind("stop", "stop", "Cancel", tooltip="Cancel the download; the received part is kept"),
        bind("data", "again", "Retry"),
    ]

    def __init__(self, download: DownloadSession, act: Callable[[Callable[[], None]], bool]) -> None:
        """Show `download`.

        `act` runs an action and shows the user its error if it fails.
        """
        super().__init__()
        self._download = download
        self._act = act
        self._shown: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = TITLE
            yield Static(id="places", markup=False)
            yield Static(id="progress", markup=False)
            yield Static(id="words", markup=False)

    def on_mount(self) -> None:
        self.show_download()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_download)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        match action:
            case "stop":
                return self._download.is_running
            case "again":
                return not self._download.is_running
        return True

    def action_stop(self) -> None:
        self._act(self._download.stop)

    def action_again(self) -> None:
        self._act(self._download.start)
        self.show_download()

    def show_download(self, download: DownloadSession | None = None) -> None:  # noqa: ARG002 - it has its own
        """Show the download.

        Called about ten times a second, so only changes are drawn.
        """
        if not self.is_mounted:
            return
        box = self.query_one(Vertical)
        record = self._download.record
        if record:
            progress = self._progress(record, box.content_size.width)
            texts = (self._places(record), progress, describe_phase(record), "")
            cancel = _clickable(keymap_of(self.app), "stop", "cancel")
            keys = f"{cancel} · [@click=screen.dismiss]esc continue in background[/]"
        else:
            texts = ("", "", *self._end())
            ended = self._download.ended
            is_stopped = ended is not None and ended.outcome is Outcome.STOPPED
            again = _clickable(keymap_of(self.app), "again", "resume" if is_stopped else "retry")
            keys = f"{again} · [@click=screen.dismiss]esc close[/]"
        shown = tuple(map(_printable_lines, texts))
        if shown == self._shown:
            return
        self._shown = shown
        *lines, failed = shown
        for name, text in zip(("places", "progress", "words"), lines, strict=True):
            line = self.query_one(f"#{name}", Static)
            line.update(Content(text))
            line.display = bool(text)
            line.set_class(name != "places" and bool(lines[0]), "-below")
        self.query_one("#words").set_class(bool(failed), "-failed")
        box.border_subtitle = keys
        self.refresh_bindings()

    def _places(self, record: DownloadRecord) -> str:
        root = f"into  {self._download.folder.root}"
        return f"from  {record.started.url}\n{root}" if record.started else root

    def _progress(self, record: DownloadRecord, width: int) -> str:
        done = share(record)
        numbers = "   ".join(describe_numbers(record))
        if done is None:
            return numbers
        return f"{thin_bar(done, max(0, width - _PERCENT))}{percent(done, 0).rjust(_PERCENT)}\n{numbers}"

    def _end(self) -> tuple[str, str]:
        """Return the closing sentence, and `failed` if it is an error."""
        ended = self._download.ended
        if ended is None:
            return "", ""
        return ended.sentence, "failed" if ended.outcome is Outcome.FAILED else ""


def _clickable(keys: Keymap, action: str, label: str) -> str:
    key = keys.label("stop" if action == "stop" else "data")
    return f"[@click=screen.{action}]{escape(key)} {label}[/]"


def _printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))
