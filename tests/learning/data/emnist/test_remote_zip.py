"""Archives are read by range requests, from faulty servers as well."""

import zipfile
from pathlib import Path

import pytest

from emnist_tui.learning.data.emnist.archive import KINDS
from emnist_tui.learning.data.emnist.download import download
from emnist_tui.learning.data.emnist.http_errors import TransientError
from emnist_tui.learning.data.emnist.remote_zip import RemoteZip, Version, check_url
from emnist_tui.runs.data_paths import TEST_LABELS
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import UsageError
from tests.support.data_server import PAGE, DataServer
from tests.support.downloads import MEMBERS, problem, write_zip


def test_ranges_are_read_exactly(server: DataServer) -> None:
    with RemoteZip(server.url, timeout=5) as archive:
        assert archive.has_ranges
        assert archive.version == Version(server.url, len(server.content), '"first"')
        assert b"".join(archive.read(1000, 70_000)) == server.content[1000:71_000]


def test_members_are_located_by_the_directory(server: DataServer, tmp_path: Path) -> None:
    server.content = write_zip(tmp_path / "stored.zip", zipfile.ZIP_STORED, other=100_000)
    with RemoteZip(server.url, timeout=5) as archive:
        members = archive.members()
        assert members.keys() == KINDS.keys()
        first = archive.data_offset(members[TEST_LABELS])
        size = members[TEST_LABELS].compress_size
        assert b"".join(archive.read(first, size)) == MEMBERS[TEST_LABELS]


@pytest.mark.parametrize("has_length", [True, False])
def test_server_without_ranges_sends_the_whole(server: DataServer, has_length: bool) -> None:
    server.has_ranges, server.says_length = False, has_length
    with RemoteZip(server.url, timeout=5) as archive:
        assert not archive.has_ranges
        assert archive.version.size == (len(server.content) if has_length else None)
        assert b"".join(archive.read_whole()) == server.content
    assert len(server.asked) == 1


def test_changed_archive_is_a_transient_error(server: DataServer) -> None:
    with RemoteZip(server.url, timeout=5) as archive:
        server.tag = '"second"'
        with pytest.raises(TransientError, match="changed during the download"):
            next(archive.read(0, 100))


def test_early_end_is_a_transient_error(server: DataServer) -> None:
    server.breaks, server.breaks_after = 1, 40_960
    with RemoteZip(server.url, timeout=5) as archive, pytest.raises(TransientError, match="closed the connection"):
        list(archive.read(0, len(server.content)))


@pytest.mark.parametrize("has_ranges", [True, False])
def test_web_page_is_refused(server: DataServer, folder: DownloadFolder, has_ranges: bool) -> None:
    server.content, server.has_ranges = b"\r\n" + PAGE, has_ranges
    assert "is a web page, not the archive" in problem(server.url, folder)


@pytest.mark.parametrize("content", [b"", b"PK", b"x" * 5000])
@pytest.mark.parametrize("has_ranges", [True, False])
def test_other_content_is_refused(server: DataServer, folder: DownloadFolder, content: bytes, has_ranges: bool) -> None:
    server.content, server.has_ranges = content, has_ranges
    assert server.url in problem(server.url, folder)


@pytest.mark.parametrize("has_ranges", [True, False])
def test_truncated_archive_is_refused(server: DataServer, folder: DownloadFolder, has_ranges: bool) -> None:
    server.content, server.has_ranges = server.content[:-5000], has_ranges
    assert "damaged" in problem(server.url, folder)


def test_directory_that_claims_gigabytes_is_refused(server: DataServer, folder: DownloadFolder) -> None:
    content = bytearray(server.content)
    content[-22 + 12 : -22 + 16] = (3 << 30).to_bytes(4, "little")
    server.content = bytes(content)
    assert "damaged" in problem(server.url, folder)


@pytest.mark.parametrize("lies_by", [-10, 10])
def test_wrong_length_of_a_range_is_reported(server: DataServer, folder: DownloadFolder, lies_by: int) -> None:
    server.lies_by = lies_by
    assert "closed the connection early" in problem(server.url, folder)


@pytest.mark.parametrize("lies_by", [-3000, 3000])
def test_wrong_length_of_the_whole_is_reported(server: DataServer, folder: DownloadFolder, lies_by: int) -> None:
    server.has_ranges, server.lies_by = False, lies_by
    assert ("closed the connection early" if lies_by > 0 else "damaged") in problem(server.url, folder)


def test_wrong_range_is_refused(server: DataServer, folder: DownloadFolder) -> None:
    server.shifts = 1
    assert "sends other parts" in problem(server.url, folder)


@pytest.mark.parametrize("url", ["ftp://host/gzip.zip", "gzip.zip", "file:///etc/passwd", "http://", "http://[::1"])
def test_other_urls_are_wrong_use(folder: DownloadFolder, url: str) -> None:
    with pytest.raises(UsageError, match="is not a download address: give an http or https URL"):
        download(url, folder, lambda _: None)


def test_checked_url_is_shown_without_its_password() -> None:
    assert check_url("https://user:secret@host/gzip.zip") == "https://host/gzip.zip"
