"""The question before a download: what is fetched, from where and to where."""

from pathlib import Path

import pytest
from textual.widgets import Static

from emnist_tui.runs.official_archive import OFFICIAL_URL, URL_VARIABLE
from emnist_tui.tui.screens.download import DownloadDialog
from emnist_tui.tui.screens.fetch_question import FetchQuestion
from tests.support.slow import slow
from tests.support.terminal import Terminal, terminal
from tests.tui.session.test_download_session import HALF, downloading


async def asked(shown: Terminal) -> None:
    await shown.press("d")
    await shown.until(lambda: isinstance(shown.app.screen, FetchQuestion), "the question is asked")


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    launched: list[str] = []
    monkeypatch.setattr("emnist_tui.tui.session.download_session.DownloadSession.start", lambda _: launched.append("x"))
    return launched


@pytest.mark.parametrize("size", [(60, 20), *slow([(80, 24), (120, 40)])])
async def test_source_size_and_destination_are_shown_before_anything_is_fetched(
    tmp_path: Path, no_data: Path, monkeypatch: pytest.MonkeyPatch, launches: list[str], size: tuple[int, int]
) -> None:
    monkeypatch.delenv(URL_VARIABLE, raising=False)
    async with terminal(tmp_path, size=size) as shown:
        await asked(shown)
        await shown.says("70 MB are fetched")
        await shown.shows(OFFICIAL_URL, "562 MB", "220 MB", "enter download · esc cancel")
        assert str(shown.app.screen.query_one("#places", Static).content).endswith(f"into  {no_data}")
        await shown.press("escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the question is closed")
        assert launches == []


@pytest.mark.parametrize("key", ["enter", "d"])
async def test_a_download_starts_once_agreed_to(tmp_path: Path, launches: list[str], key: str) -> None:
    async with terminal(tmp_path) as shown:
        await asked(shown)
        await shown.press_at_once(key, key)
        await shown.until(lambda: isinstance(shown.app.screen, DownloadDialog), "the download is shown")
        assert launches[0] == "x"


async def test_the_address_of_a_mirror_is_shown_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, "https://me:secret@mirror.example/\x1b[31m[bold]gzip.zip")
    async with terminal(tmp_path) as shown:
        await asked(shown)
        await shown.shows("https://mirror.example/\\x1b[31m[bold]gzip.zip")
        assert "secret" not in shown.text


async def test_nothing_is_asked_about_a_download_that_runs(tmp_path: Path, no_data: Path) -> None:
    async with terminal(tmp_path) as shown:
        with downloading(no_data) as log:
            log.write(HALF)
            await shown.press("d")
            await shown.until(lambda: isinstance(shown.app.screen, DownloadDialog), "the download is shown")
