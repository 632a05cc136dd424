"""Partial and complete members in a download's folder."""

import zipfile
import zlib
from pathlib import Path

import pytest

from emnist_tui.learning.data.emnist.partial_files import PartialFiles
from emnist_tui.learning.data.emnist.remote_zip import Version
from emnist_tui.runs.data_paths import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.downloads import MEMBERS

pytestmark = pytest.mark.usefixtures("official_members")

VERSION = Version("http://mirror/gzip.zip", 1000, '"first"')
LABELS = MEMBERS[TEST_LABELS]


@pytest.fixture
def files(folder: DownloadFolder) -> PartialFiles:
    """Create the folder of a download."""
    return PartialFiles(folder, VERSION.url)


def member(content: bytes, method: int = zipfile.ZIP_STORED, stored_size: int | None = None) -> zipfile.ZipInfo:
    """Describe a member as the archive's directory does."""
    info = zipfile.ZipInfo("gzip/member.gz")
    info.compress_type, info.file_size, info.CRC = method, len(content), zlib.crc32(content)
    info.compress_size, info.header_offset = stored_size or len(content), 0
    return info


def deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def complete(folder: DownloadFolder, name: str = TEST_LABELS) -> Path:
    return folder.members / f"{name}.gz"


def test_new_folder_has_no_files(files: PartialFiles) -> None:
    assert files.size(TEST_LABELS) == 0
    assert not files.is_complete(TEST_LABELS)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_partial_file_is_unpacked_into_the_official_one(
    files: PartialFiles, folder: DownloadFolder, method: int
) -> None:
    stored = deflate(LABELS) if method == zipfile.ZIP_DEFLATED else LABELS
    files.part(TEST_LABELS).write_bytes(stored)
    assert files.size(TEST_LABELS) == len(stored)
    files.unpack(TEST_LABELS, member(LABELS, method, len(stored)))
    assert files.is_complete(TEST_LABELS)
    assert complete(folder).read_bytes() == LABELS
    assert not files.part(TEST_LABELS).exists()


def test_wrong_content_is_refused_and_deleted(files: PartialFiles, folder: DownloadFolder) -> None:
    wrong = LABELS[:-1] + bytes([LABELS[-1] ^ 1])
    files.part(TEST_LABELS).write_bytes(wrong)
    with pytest.raises(EmnistTuiError, match=f"{TEST_LABELS}.gz from {VERSION.url} is not the official file"):
        files.unpack(TEST_LABELS, member(wrong))
    assert not list(folder.members.iterdir())


def test_damaged_compression_is_refused_and_deleted(files: PartialFiles, folder: DownloadFolder) -> None:
    files.part(TEST_LABELS).write_bytes(b"\xff" * 100)
    with pytest.raises(EmnistTuiError, match="is damaged"):
        files.unpack(TEST_LABELS, member(LABELS, zipfile.ZIP_DEFLATED, 100))
    assert not list(folder.members.iterdir())


def test_decompression_stops_at_the_size_in_the_directory(files: PartialFiles, folder: DownloadFolder) -> None:
    files.part(TEST_LABELS).write_bytes(deflate(LABELS + bytes(10_000_000)))
    files.unpack(TEST_LABELS, member(LABELS, zipfile.ZIP_DEFLATED))
    assert complete(folder).read_bytes() == LABELS


def test_completeness_is_checked_by_content(files: PartialFiles, folder: DownloadFolder) -> None:
    files.store(TEST_LABELS, [LABELS[:20], LABELS[20:]])
    assert files.is_complete(TEST_LABELS)
    complete(folder).write_bytes(bytes(len(LABELS)))
    assert not files.is_complete(TEST_LABELS)


def test_partial_files_of_the_same_version_are_kept(files: PartialFiles) -> None:
    members = {TEST_LABELS: member(LABELS)}
    files.discard_stale(VERSION, members)
    files.part(TEST_LABELS).write_bytes(LABELS[:20])
    files.discard_stale(VERSION, members)
    assert files.size(TEST_LABELS) == 20


@pytest.mark.parametrize(
    "version",
    [
        Version("http://other/gzip.zip", 1000, '"first"'),
        Version(VERSION.url, 1001, '"first"'),
        Version(VERSION.url, 1000, '"second"'),
    ],
)
def test_partial_files_of_another_version_are_discarded(files: PartialFiles, version: Version) -> None:
    members = {TEST_LABELS: member(LABELS)}
    files.discard_stale(VERSION, members)
    files.part(TEST_LABELS).write_bytes(LABELS[:20])
    files.store(TEST_LABELS, [LABELS])
    files.discard_stale(version, members)
    assert files.size(TEST_LABELS) == 0
    assert files.is_complete(TEST_LABELS)


@pytest.mark.parametrize("note", ["[" * 100_000, "", '{"url": 7}'])
def test_partial_files_with_a_damaged_note_are_discarded(
    files: PartialFiles, folder: DownloadFolder, note: str
) -> None:
    members = {TEST_LABELS: member(LABELS)}
    files.discard_stale(VERSION, members)
    files.part(TEST_LABELS).write_bytes(LABELS[:20])
    (folder.path / "source.json").write_text(note)
    files.discard_stale(VERSION, members)
    assert files.size(TEST_LABELS) == 0


def test_partial_file_longer_than_its_member_is_discarded(files: PartialFiles) -> None:
    members = {TEST_LABELS: member(LABELS)}
    files.discard_stale(VERSION, members)
    files.part(TEST_LABELS).write_bytes(LABELS + b"more")
    files.discard_stale(VERSION, members)
    assert files.size(TEST_LABELS) == 0


def test_unfinished_temporary_files_are_deleted(files: PartialFiles, folder: DownloadFolder) -> None:
    leftover = folder.members / f".{TEST_IMAGES}.gz.x.tmp"
    leftover.write_bytes(b"half")
    files.part(TRAIN_IMAGES).write_bytes(b"half")
    PartialFiles(folder, VERSION.url)
    assert list(folder.members.iterdir()) == [files.part(TRAIN_IMAGES)]
