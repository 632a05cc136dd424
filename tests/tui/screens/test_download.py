"""The download dialog: the keys it names. What it shows of a download is tested with the session."""

from pathlib import Path

import pytest

from emnist_tui.runs.events import RunFailed
from emnist_tui.tui.screens.download import DownloadDialog
from emnist_tui.tui.settings import SettingsFile
from tests.support.terminal import terminal
from tests.tui.session.test_download_session import HALF, downloading


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_the_dialog_names_the_keys_of_the_settings(tmp_path: Path, no_data: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[keys]\nstop = "ctrl+x"\ndata = "b"\nquit = "l"\n')
    async with terminal(tmp_path / "runs", size=size, preferences=SettingsFile(path)) as shown:
        with downloading(no_data) as log:
            log.write(HALF)
            await shown.press("b")
            await shown.until(lambda: isinstance(shown.app.screen, DownloadDialog), "the dialog is open")
            await shown.shows("43 %", "─ ^x cancel · esc continue in background ─╯")
            log.write(RunFailed(error="Interrupted at 30 MB of 70 MB."))
        await shown.shows("Interrupted at 30 MB of 70 MB.", "─ b retry · esc close ─╯")
        await shown.press("l")
        await shown.until(lambda: not isinstance(shown.app.screen, DownloadDialog), "the dialog is closed")
        assert shown.app.is_running
