"""That the EMNIST digits are being fetched, and how far that is, on every screen."""

from textual.content import Content
from textual.widgets import Static

from emnist_tui.tui.data_download import DataDownload, describe_line
from emnist_tui.tui.formats import printable

_PADDING = 2  # cells


class DownloadLine(Static):
    """A line under the notice; takes no room while nothing is fetched."""

    DEFAULT_CSS = """
    DownloadLine {
        height: 1;
        padding: 0 1;
        color: $text-accent;
        display: none;
        &.-running { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown = ""

    def show(self, download: DataDownload) -> None:
        record = download.record
        shown = printable(describe_line(record, self.app.size.width - _PADDING)) if record else ""
        if shown != self._shown:
            self._shown = shown
            self.set_class(bool(shown), "-running")
            self.update(Content(shown))
