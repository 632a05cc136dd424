"""Line about the download of the EMNIST digits, on every screen."""

from textual.content import Content
from textual.widgets import Static

from emnist_tui.text.formats import printable
from emnist_tui.tui.keymap import keymap_of
from emnist_tui.tui.onboarding import missing_digits_sentence
from emnist_tui.tui.session.download_session import DownloadSession, describe_line

_PADDING = 2  # columns, left and right together


class DownloadLine(Static):
    """Progress of a download, or a hint that the digits are missing."""

    DEFAULT_CSS = """
    DownloadLine {
        height: auto;
        max-height: 2;
        padding: 0 1;
        color: $text-accent;
        display: none;
        &.-running { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown = ""

    def show(self, download: DownloadSession, *, is_anything_opened: bool) -> None:
        """Show a running download, or a hint that no digits are installed.

        There is no hint beside an open run, whose header names its data.
        """
        if record := download.record:
            shown = printable(describe_line(record, self.app.size.width - _PADDING))
        else:
            shown = "" if is_anything_opened or download.is_installed else missing_digits_sentence(keymap_of(self.app))
        if shown != self._shown:
            self._shown = shown
            self.set_class(bool(shown), "-running")
            self.update(Content(shown))
