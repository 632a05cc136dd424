"""Fixtures shared by the tests of downloads and installations."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emnist_tui.learning.data.emnist.archive import OFFICIAL
from emnist_tui.runs.download_state import DownloadFolder
from tests.support.data_server import DataServer
from tests.support.downloads import MEMBERS, write_zip
from tests.support.emnist_files import official_files


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the environment's proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Build an archive in the official shape."""
    return write_zip(tmp_path_factory.mktemp("zip") / "gzip.zip")


@pytest.fixture
def official_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the archive's members the official ones."""
    for name, official in official_files(MEMBERS).items():
        monkeypatch.setitem(OFFICIAL, name, official)


@pytest.fixture
def server(content: bytes, official_members: None) -> Iterator[DataServer]:
    """Serve the archive as the official one."""
    with DataServer(content) as serving:
        yield serving


@pytest.fixture
def folder(root: Path) -> DownloadFolder:
    """Return the download folder of an empty data root."""
    return DownloadFolder(root)
