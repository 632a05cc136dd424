"""Zip archives as torch writes them, and others."""

import io
import zipfile

import pytest

from emnist_tui.runs.checkpoint_file.archive import StoredArchive
from emnist_tui.runs.checkpoint_file.refusal import UnusualFileError
from tests.support.checkpoint_files import pack, weights


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        archive.comment = comment
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


MEMBERS = {"archive/data.pkl": b"pickle", "archive/data/0": bytes(range(200)), "archive/version": b"3"}


@pytest.mark.parametrize(
    "content", [pack(weights()), zipped(MEMBERS), zipped({})], ids=["of torch", "of zipfile", "empty"]
)
def test_members_are_those_that_zipfile_finds(content: bytes) -> None:
    archive = StoredArchive(content)
    with zipfile.ZipFile(io.BytesIO(content)) as expected:
        assert archive.sizes == {member.filename: member.file_size for member in expected.infolist()}
        for name in archive.sizes:
            assert archive.read(name) == expected.read(name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        bytes(1000),
        zipped(MEMBERS, zipfile.ZIP_DEFLATED),
        zipped(MEMBERS, comment=b"more"),
        zipped(MEMBERS)[:-1],
        zipped(MEMBERS)[1:],
    ],
    ids=["empty", "short", "zeros", "compressed", "commented", "cut at the end", "cut at the start"],
)
def test_other_archives_are_refused(content: bytes) -> None:
    with pytest.raises(UnusualFileError):
        StoredArchive(content).read("archive/version")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/version", b"3")
        archive.writestr("archive/version", b"4")
    with pytest.raises(UnusualFileError, match="one name"):
        StoredArchive(packed.getvalue())


def test_a_checksum_that_does_not_match_is_refused() -> None:
    content = zipped(MEMBERS).replace(bytes(range(100, 110)), bytes(10))
    archive = StoredArchive(content)
    archive.read("archive/version")
    with pytest.raises(UnusualFileError, match="damaged"):
        archive.read("archive/data/0")
    with pytest.raises(UnusualFileError, match="missing"):
        archive.read("archive/data/1")
