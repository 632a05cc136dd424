"""EMNIST digits read from an archive or a folder, compressed or not."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import IO

from emnist_tui.learning.data.emnist import idx
from emnist_tui.runs.data_paths import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from emnist_tui.runs.errors import EmnistTuiError, UsageError


@dataclass(frozen=True)
class OfficialFile:
    """A compressed member of the official archive."""

    size: int
    """Size in bytes."""
    sha256: str


OFFICIAL_URL = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
"""Address of the official archive, from `torchvision.datasets.EMNIST.url`."""

KINDS = {TRAIN_IMAGES: idx.IMAGES, TRAIN_LABELS: idx.LABELS, TEST_IMAGES: idx.IMAGES, TEST_LABELS: idx.LABELS}
"""The four files' contents, by their plain names."""

OFFICIAL = {
    TRAIN_IMAGES: OfficialFile(59_515_779, "f7c95004d14d81af89522e67d8f0c781dfb3bd544181c81bfe1eb6b41c35b726"),
    TRAIN_LABELS: OfficialFile(113_859, "6638a6ff5fe2eefd9cca2471995b46c82986b8e4b2a70d2f5ce8e05d7edb319e"),
    TEST_IMAGES: OfficialFile(9_908_519, "20ebe43509264f7639d37c835a3f0b009e90b29e00a099a03101abe1644a3f63"),
    TEST_LABELS: OfficialFile(19_960, "bad1834c45d5988e270b99d43b13edc3fd898f658ffbc2caf2846ef27f7b05b0"),
}
"""Size and hash of the official .gz files, by plain name."""

_FOLDERS = (".", "gzip", "EMNIST/raw", "EMNIST/raw/gzip")
_HOW_TO_FIX = "give the official gzip.zip, or a folder with its four emnist-digits files"


@dataclass(frozen=True, eq=False)
class StoredDigits:
    """The digits split as stored in its files."""

    files: dict[str, idx.Bytes]
    """Arrays by plain name: images, uint8 [N, 28, 28], transposed; labels, uint8 [N], 0 to 9."""
    official: bool
    """Whether all four were read from files with the official sha256."""


@dataclass(frozen=True)
class _Member:
    """One of the four files, before it is read."""

    name: str
    """Name in messages."""
    size: int
    """Size in bytes."""
    compressed: bool
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def read_digits(path: Path) -> StoredDigits:
    """Read and check the digits split from an archive or a folder.

    Raises `UsageError` if `path` does not exist, `EmnistTuiError` if it does not hold a valid digits split.
    """
    with idx.user_errors(str(path)), _members(path) as members:
        if missing := [name for name in KINDS if name not in members]:
            is_empty = len(missing) == len(KINDS)
            lacking = "none of the EMNIST digits files" if is_empty else f"no {' and no '.join(missing)}"
            raise EmnistTuiError(f"{path} has {lacking}: {_HOW_TO_FIX}.")
        official = all(_is_official(name, members[name]) for name in KINDS)
        files = {name: _read(members[name], kind) for name, kind in KINDS.items()}
    check_pairs(files, path)
    return StoredDigits(files, official)


def check_pairs(files: dict[str, idx.Bytes], path: Path) -> None:
    """Raise `EmnistTuiError` unless both splits have one label per image.

    `path` is for messages.
    """
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        idx.check_pair(len(files[images]), len(files[labels]), f"The {images.split('-')[2]} split of {path}")


@contextmanager
def _members(path: Path) -> Iterator[dict[str, _Member]]:
    """Open the digits split's files at `path`, by plain name."""
    if path.is_dir():
        yield _folder_members(path)
    elif path.is_file():
        if not zipfile.is_zipfile(path):
            raise EmnistTuiError(_describe_invalid_archive(path))
        with zipfile.ZipFile(path) as archive:
            yield _archive_members(archive, path)
    else:
        raise UsageError(f"There is no file or folder {path}: {_HOW_TO_FIX}.")


def _folder_members(folder: Path) -> dict[str, _Member]:
    """Find the files in the location that has most of them.

    Prefers compressed files, which can be verified.
    """
    locations = [
        {
            name: _Member(str(file), file.stat().st_size, bool(suffix), partial(FileIO, file))
            for name in KINDS
            if (file := folder / location / f"{name}{suffix}").is_file()
        }
        for suffix in (".gz", "")
        for location in _FOLDERS
    ]
    return max(locations, key=len)


def _archive_members(archive: zipfile.ZipFile, path: Path) -> dict[str, _Member]:
    return {
        name: _Member(f"{path}: {name}.gz", info.file_size, True, partial(archive.open, info))
        for name, info in find_members(archive, str(path)).items()
    }


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
            raise EmnistTuiError(f"{archive_name} has {base} twice: {_HOW_TO_FIX}.")
        if info.flag_bits & 1:
            raise EmnistTuiError(f"{archive_name} is protected by a password: {_HOW_TO_FIX}.")
        members[name] = info
    return members


def is_web_page(start: bytes) -> bool:
    """Return whether content is HTML or XML by its first bytes.

    Servers and proxies send such pages instead of a file.
    """
    return start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head"))


def _is_official(name: str, member: _Member) -> bool:
    official = OFFICIAL[name]
    if not member.compressed or member.size != official.size:
        return False
    with idx.user_errors(member.name), member.open() as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest() == official.sha256


def _read(member: _Member, kind: idx.Kind) -> idx.Bytes:
    with idx.user_errors(member.name), member.open() as stream:
        return (idx.read_gzip if member.compressed else idx.read)(stream, kind, member.name)


def _describe_invalid_archive(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512)
    if is_web_page(start):
        return f"{path} is a web page, not an archive: download gzip.zip again."
    if start.startswith(b"PK"):
        return f"{path} is an incomplete zip archive: download it again."
    return f"{path} is not a zip archive: {_HOW_TO_FIX}."
