"""Line about the digits: a running download, a hint, or nothing."""

from emnist_tui.runs.download_state import DownloadRecord
from emnist_tui.tui.session.download_session import DownloadSession
from emnist_tui.tui.widgets.download_line import DownloadLine
from tests.support.widget_app import WidgetApp


class ScriptedDownload(DownloadSession):
    """A download session whose state the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.scripted: DownloadRecord | None = None
        self.has_digits = False

    @property
    def is_installed(self) -> bool:
        return self.has_digits

    @property
    def record(self) -> DownloadRecord | None:
        return self.scripted


async def test_the_line_is_hidden_unless_digits_are_missing_or_downloading() -> None:
    line, download = DownloadLine(), ScriptedDownload()
    app = WidgetApp(line)
    async with app.run_test(size=(100, 5)) as pilot:

        async def shown(*, is_anything_opened: bool) -> str:
            line.show(download, is_anything_opened=is_anything_opened)
            await pilot.pause()
            return app.text.strip()

        assert "The EMNIST digits are not installed" in await shown(is_anything_opened=False)
        assert not await shown(is_anything_opened=True)
        assert not line.display
        download.scripted = DownloadRecord()
        assert (await shown(is_anything_opened=True)).startswith("Fetching EMNIST digits")
        assert line.display
        download.scripted, download.has_digits = None, True
        assert not await shown(is_anything_opened=False)
