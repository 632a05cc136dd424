"""EMNIST digits read from an archive or a folder, compressed or not."""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar, cast

from emnist_tui.learning.data.emnist import idx, orientation
from emnist_tui.runs import digit_files
from emnist_tui.runs.data_paths import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from emnist_tui.runs.errors import EmnistTuiError, UsageError

OFFICIAL_NAME = "EMNIST digits"
UNVERIFIED_NAME = "EMNIST digits (unverified copy)"
MNIST_SPLIT_NAME = "EMNIST mnist split (unverified copy)"
MNIST_NAME = "MNIST digits (unverified copy)"

_CHUNK = 1 << 20  # bytes
_ZIP = b"PK\3\4"
T = TypeVar("T")


@dataclass(frozen=True)
class OfficialFile:
    """A compressed member of the official archive."""

    size: int
    """Size in bytes."""
    sha256: str


KINDS = {TRAIN_IMAGES: idx.IMAGES, TRAIN_LABELS: idx.LABELS, TEST_IMAGES: idx.IMAGES, TEST_LABELS: idx.LABELS}
"""The four files' contents, by their plain names."""

OFFICIAL = {
    TRAIN_IMAGES: OfficialFile(59_515_779, "f7c95004d14d81af89522e67d8f0c781dfb3bd544181c81bfe1eb6b41c35b726"),
    TRAIN_LABELS: OfficialFile(113_859, "6638a6ff5fe2eefd9cca2471995b46c82986b8e4b2a70d2f5ce8e05d7edb319e"),
    TEST_IMAGES: OfficialFile(9_908_519, "20ebe43509264f7639d37c835a3f0b009e90b29e00a099a03101abe1644a3f63"),
    TEST_LABELS: OfficialFile(19_960, "bad1834c45d5988e270b99d43b13edc3fd898f658ffbc2caf2846ef27f7b05b0"),
}
"""Size and hash of the official .gz files, by plain name."""

_LARGEST_INNER = 2 << 30
"""Largest archive in an archive that is unpacked to a temporary file, in bytes."""
_LARGEST_RATIO = 50
"""Largest ratio of its size to its compressed size: digits compress to a sixth, archives hardly."""
_OTHER_ARCHIVES = {
    b"\x1f\x8b": "a gzip file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a zstandard file",
}
_TAR, _TAR_AT = b"ustar", 257


@dataclass(frozen=True, eq=False)
class StoredDigits:
    """The digits split as stored in its files."""

    files: dict[str, idx.Bytes]
    """Arrays by plain name: images, uint8 [N, 28, 28], transposed; labels, uint8 [N], 0 to 9."""
    official: bool
    """Whether all four were read from files with the official sha256."""
    name: str
    """Name of the data, shown beside its numbers."""
    is_split: bool = True
    """Whether the files are EMNIST's digits split, by their names and pixels."""


@dataclass(frozen=True)
class _Member:
    """One of the four files, before it is read."""

    name: str
    """Name in messages."""
    size: int
    """Size in bytes."""
    stored_size: int
    """Size in bytes as it lies in its archive."""
    open: Callable[[], AbstractContextManager[idx.Stream]]


def read_digits(path: Path) -> StoredDigits:
    """Read and check the digits in an archive or a folder.

    The four files are found by their names, at any place and compressed or not; see `digit_files`. Images that are
    clearly upright are transposed, as EMNIST stores them. Raises `UsageError` if `path` does not exist,
    `EmnistTuiError` if it does not hold a valid data set of digits.
    """
    with idx.user_errors(str(path)), _members(path) as (split, members):
        official = split == digit_files.DIGITS and all(_is_official(name, members[name]) for name in KINDS)
        files = {name: _read(members[name], kind) for name, kind in KINDS.items()}
    check_pairs(files, path)
    if official:
        return StoredDigits(files, official, OFFICIAL_NAME)
    return _identify(split, files, path)


def check_pairs(files: dict[str, idx.Bytes], path: Path) -> None:
    """Raise `EmnistTuiError` unless both splits have one label per image.

    `path` is for messages.
    """
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        idx.check_pair(len(files[images]), len(files[labels]), f"The {images.split('-')[2]} split of {path}")


def _identify(split: str, files: dict[str, idx.Bytes], path: Path) -> StoredDigits:
    """Name unofficial files and store their images transposed.

    Raises `EmnistTuiError` if names and pixels leave open whether they are digits, or which way is up.
    """
    sample = files[TRAIN_IMAGES], files[TRAIN_LABELS]
    upright = orientation.are_upright(*sample)
    if split == digit_files.UNNAMED and (upright is None or not orientation.are_digits(*sample)):
        raise EmnistTuiError(
            f"{path} has files with MNIST's names, but not its digits, or turned: {digit_files.HOW_TO_FIX}."
        )
    store_transposed(files)
    if split == digit_files.MNIST:
        return StoredDigits(files, False, MNIST_SPLIT_NAME, is_split=False)
    if split == digit_files.UNNAMED and upright:
        return StoredDigits(files, False, MNIST_NAME, is_split=False)
    return StoredDigits(files, False, UNVERIFIED_NAME)


def store_transposed(files: dict[str, idx.Bytes]) -> None:
    """Transpose images that are clearly upright in place, as EMNIST stores them."""
    if orientation.are_upright(files[TRAIN_IMAGES], files[TRAIN_LABELS]):
        for name in (TRAIN_IMAGES, TEST_IMAGES):
            orientation.transpose(files[name])


Chosen = tuple[str, dict[str, _Member]]
"""Split, and the four files by plain name."""


@contextmanager
def _members(path: Path) -> Iterator[Chosen]:
    """Open the four files at `path`."""
    if path.is_dir():
        files = digit_files.files_in_folder(path)
        if inner := digit_files.inner_archives(files):
            with _members(_only(inner, str(path))) as chosen:
                yield chosen
        else:
            split, four = digit_files.choose_digits(files, str(path))
            yield split, {name: _file_member(file) for name, file in four.items()}
    elif path.is_file():
        if not zipfile.is_zipfile(path):
            raise EmnistTuiError(_describe_invalid_archive(path))
        with zipfile.ZipFile(path) as archive, _archive_members(archive, str(path)) as chosen:
            yield chosen
    elif path.exists():
        raise UsageError(f"{path} is a pipe or device: install what it holds with `emnist-tui data import {path}`.")
    else:
        raise UsageError(f"There is no file or folder {path}: {digit_files.HOW_TO_FIX}.")


def _file_member(file: Path) -> _Member:
    def open_file() -> BufferedReader:
        return file.open("rb")

    size = file.stat().st_size
    return _Member(str(file), size, size, open_file)


@contextmanager
def _archive_members(archive: zipfile.ZipFile, path: str, *, is_inner: bool = False) -> Iterator[Chosen]:
    """Open the four files in an archive or its inner archive."""
    files = digit_files.files_in_archive(archive)
    inner = digit_files.inner_archives(files)
    if inner and not is_inner:
        info = _only(inner, path)
        with (
            _unpacked(_archive_member(archive, info, path)) as file,
            zipfile.ZipFile(file) as found,
            _archive_members(found, f"{path}: {info.filename}", is_inner=True) as chosen,
        ):
            yield chosen
        return
    split, four = digit_files.choose_digits(files, path)
    yield split, {name: _archive_member(archive, info, path) for name, info in four.items()}


def _archive_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> _Member:
    name = f"{path}: {info.filename}"
    stored_size = min(info.compress_size, archive.start_dir)  # where the archive's directory really begins
    return _Member(name, info.file_size, stored_size, partial(_open, archive, info, path))


def find_members(archive: zipfile.ZipFile, archive_name: str) -> dict[str, zipfile.ZipInfo]:
    """Find the digits split's members in an archive, by plain name.

    `archive_name` is the archive's name in messages. Raises `EmnistTuiError` if a file is duplicated or encrypted.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        base = PurePosixPath(info.filename).name
        name = base.removesuffix(".gz")
        if base == name or name not in KINDS:
            continue
        if name in members:
            raise EmnistTuiError(f"{archive_name} has {base} twice: {digit_files.HOW_TO_FIX}.")
        if info.flag_bits & 1:
            raise EmnistTuiError(f"{archive_name} is protected by a password: {digit_files.HOW_TO_FIX}.")
        members[name] = info
    return members


def is_web_page(start: bytes) -> bool:
    """Return whether content is HTML or XML by its first bytes.

    Servers and proxies send such pages instead of a file.
    """
    return start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head"))


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> zipfile.ZipExtFile:
    if info.flag_bits & 1:
        raise EmnistTuiError(f"{path} is protected by a password: {digit_files.HOW_TO_FIX}.")
    return cast(zipfile.ZipExtFile, archive.open(info))


def _only(found: Sequence[T], source: str) -> T:
    if len(found) != 1:
        raise EmnistTuiError(f"{source} has {len(found)} archives or files in it: unpack the right one and give that.")
    return found[0]


@contextmanager
def _unpacked(member: _Member) -> Iterator[IO[bytes]]:
    """Copy a member to a temporary file, for random access."""
    if member.size > min(_LARGEST_INNER, _LARGEST_RATIO * member.stored_size):  # its directory alone could fill memory
        raise EmnistTuiError(f"{member.name} unpacks to {member.size:,} bytes, which is too much: unpack it first.")
    with tempfile.TemporaryFile() as file:
        with member.open() as stream:
            while chunk := stream.read(_CHUNK):
                file.write(chunk)
        file.seek(0)
        yield file


def _is_official(name: str, member: _Member) -> bool:
    official = OFFICIAL[name]
    if member.size != official.size:
        return False
    with idx.user_errors(member.name), member.open() as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest() == official.sha256


def _read(member: _Member, kind: idx.Kind) -> idx.Bytes:
    """Read a file, which may be in an archive of its own."""
    with idx.user_errors(member.name):
        with member.open() as stream:
            if not stream.peek(len(_ZIP)).startswith(_ZIP):
                return idx.read(stream, kind, member.name)
        with _unpacked(member) as file, zipfile.ZipFile(file) as archive:
            _, info = _only(digit_files.files_in_archive(archive), member.name)
            with _open(archive, info, member.name) as stream:
                return idx.read(stream, kind, member.name)


def _describe_invalid_archive(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512)
    if is_web_page(start):
        return f"{path} is a web page, not an archive: download gzip.zip again."
    if start.startswith(b"PK"):
        return f"{path} is an incomplete zip archive: download it again."
    if digit_files.is_digit_file(path.name):
        return f"{path} is one of the four files: give the folder that has all of them."
    if form := digit_files.OTHER_FORMS.get(path.suffix.lower()):
        return f"{path} is the {form}, but the IDX files are read: {digit_files.HOW_TO_FIX}."
    kinds = [kind for magic, kind in _OTHER_ARCHIVES.items() if start.startswith(magic)]
    if kinds or start[_TAR_AT:].startswith(_TAR):
        return f"{path} is {kinds[0] if kinds else 'a tar archive'}: unpack it, and give the folder."
    return f"{path} is not a zip archive: {digit_files.HOW_TO_FIX}."
