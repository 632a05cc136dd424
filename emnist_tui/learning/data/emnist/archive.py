"""The four files of the EMNIST digits split, wherever a user has them: an archive or a folder, compressed or not."""

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
    """Bytes."""
    sha256: str


KINDS = {TRAIN_IMAGES: idx.IMAGES, TRAIN_LABELS: idx.LABELS, TEST_IMAGES: idx.IMAGES, TEST_LABELS: idx.LABELS}
"""The four files by their plain names."""

OFFICIAL = {
    TRAIN_IMAGES: OfficialFile(59_515_779, "f7c95004d14d81af89522e67d8f0c781dfb3bd544181c81bfe1eb6b41c35b726"),
    TRAIN_LABELS: OfficialFile(113_859, "6638a6ff5fe2eefd9cca2471995b46c82986b8e4b2a70d2f5ce8e05d7edb319e"),
    TEST_IMAGES: OfficialFile(9_908_519, "20ebe43509264f7639d37c835a3f0b009e90b29e00a099a03101abe1644a3f63"),
    TEST_LABELS: OfficialFile(19_960, "bad1834c45d5988e270b99d43b13edc3fd898f658ffbc2caf2846ef27f7b05b0"),
}
"""What the .gz files are when they are the official ones."""

_FOLDERS = (".", "gzip", "EMNIST/raw", "EMNIST/raw/gzip")
_WANTED = "give the official gzip.zip, or a folder with its four emnist-digits files"


@dataclass(frozen=True, eq=False)
class StoredDigits:
    """The digits split as its files store it."""

    files: dict[str, idx.Bytes]
    """By plain name: images uint8 [N, 28, 28], transposed; labels uint8 [N], 0 to 9."""
    official: bool
    """Whether all four were read from files whose sha256 is the official one."""


@dataclass(frozen=True)
class _Member:
    """One of the four files, not read yet."""

    name: str
    """For messages."""
    size: int
    compressed: bool
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def read_digits(path: Path) -> StoredDigits:
    """Reads the digits split from a zip archive or a folder, and checks all of it.

    Raises `UsageError` when there is nothing at `path`, `EmnistTuiError` when what is there will not do.
    """
    with idx.explained(str(path)), _members(path) as members:
        if missing := [name for name in KINDS if name not in members]:
            nothing = len(missing) == len(KINDS)
            lacking = "none of the EMNIST digits files" if nothing else f"no {' and no '.join(missing)}"
            raise EmnistTuiError(f"{path} has {lacking}: {_WANTED}.")
        official = all(_is_official(name, members[name]) for name in KINDS)
        files = {name: _read(members[name], kind) for name, kind in KINDS.items()}
    for images, labels in ((TRAIN_IMAGES, TRAIN_LABELS), (TEST_IMAGES, TEST_LABELS)):
        idx.check_pair(len(files[images]), len(files[labels]), f"The {images.split('-')[2]} split of {path}")
    return StoredDigits(files, official)


@contextmanager
def _members(path: Path) -> Iterator[dict[str, _Member]]:
    """The files of the digits split that `path` has, by plain name; open as long as the block lasts."""
    if path.is_dir():
        yield _folder_members(path)
    elif path.is_file():
        if not zipfile.is_zipfile(path):
            raise EmnistTuiError(_explain_no_archive(path))
        with zipfile.ZipFile(path) as archive:
            yield _archive_members(archive, path)
    else:
        raise UsageError(f"There is no file or folder {path}: {_WANTED}.")


def _folder_members(folder: Path) -> dict[str, _Member]:
    """Of the places where the files may lie, the one with most; compressed files first: they can be verified."""
    places = [
        {
            name: _Member(str(file), file.stat().st_size, bool(suffix), partial(FileIO, file))
            for name in KINDS
            if (file := folder / place / f"{name}{suffix}").is_file()
        }
        for suffix in (".gz", "")
        for place in _FOLDERS
    ]
    return max(places, key=len)


def _archive_members(archive: zipfile.ZipFile, path: Path) -> dict[str, _Member]:
    return {
        name: _Member(f"{path}: {name}.gz", info.file_size, True, partial(archive.open, info))
        for name, info in find_members(archive, str(path)).items()
    }


def find_members(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    """The compressed files of the digits split, by plain name, wherever in the archive they are.

    `where` stands for the archive in messages. Raises `EmnistTuiError` where one is there twice or encrypted.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        base = PurePosixPath(info.filename).name
        name = base.removesuffix(".gz")
        if base == name or name not in KINDS:
            continue
        if name in members:
            raise EmnistTuiError(f"{where} has {base} twice: {_WANTED}.")
        if info.flag_bits & 1:
            raise EmnistTuiError(f"{where} is protected by a password: {_WANTED}.")
        members[name] = info
    return members


def is_web_page(start: bytes) -> bool:
    """Whether a file that begins so is HTML or XML: what servers and proxies send in place of a file."""
    return start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head"))


def _is_official(name: str, member: _Member) -> bool:
    official = OFFICIAL[name]
    if not member.compressed or member.size != official.size:
        return False
    with idx.explained(member.name), member.open() as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest() == official.sha256


def _read(member: _Member, kind: idx.Kind) -> idx.Bytes:
    with idx.explained(member.name), member.open() as stream:
        return (idx.read_gzip if member.compressed else idx.read)(stream, kind, member.name)


def _explain_no_archive(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512)
    if is_web_page(start):
        return f"{path} is a web page, not an archive: download gzip.zip again."
    if start.startswith(b"PK"):
        return f"{path} is an incomplete zip archive: download it again."
    return f"{path} is not a zip archive: {_WANTED}."
