"""What has arrived of the official archive's four members: partial files to go on with, and whole ones, verified."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.remote_zip import ELSEWHERE, Version
from emnist_tui.runs.atomic_files import remove_unfinished, replace_text, replacing
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError

_MOST_NOTED = 1 << 16
"""Bytes that are read of what is noted about partial files."""
_CHUNK = 1 << 20


class PartialFiles:
    """Members by their plain names, in a download's folder. Every method raises `OSError` where that fails it."""

    def __init__(self, folder: DownloadFolder, shown: str) -> None:
        """`shown` names the archive in messages."""
        self._shown = shown
        self._folder = folder.members
        self._note = folder.path / "source.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_unfinished(self._folder, "*")

    def part(self, name: str) -> Path:
        """What there is of a member, as the archive stores it."""
        return self._folder / f"{name}.gz.part"

    def size(self, name: str) -> int:
        """Bytes of the partial file."""
        try:
            return self.part(name).stat().st_size
        except FileNotFoundError:
            return 0

    def is_whole(self, name: str) -> bool:
        """Whether the official file is there. Looks into it: the folder may have been through a crash."""
        try:
            with self._whole(name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == archive.OFFICIAL[name].sha256
        except FileNotFoundError:
            return False

    def forget_other_source(self, version: Version, members: Mapping[str, zipfile.ZipInfo]) -> None:
        """Partial files of another archive, or of another state of it, are of no use; whole ones are."""
        source = {
            **asdict(version),
            "members": {
                name: [info.CRC, info.compress_size, info.compress_type, info.header_offset]
                for name, info in members.items()
            },
        }
        noted: object = None
        with suppress(OSError, ValueError, RecursionError), self._note.open("rb") as file:
            noted = json.loads(file.read(_MOST_NOTED))
        for name, info in members.items():
            if noted != source or self.size(name) > info.compress_size:
                self.part(name).unlink(missing_ok=True)
        if noted != source:
            replace_text(self._note, json.dumps(source, indent=2))

    def unpack(self, name: str, info: zipfile.ZipInfo) -> None:
        """Makes the whole file of the partial one, which has all bytes and goes in either case.

        Raises `EmnistTuiError` when it is not the official one.
        """
        try:
            self.keep(name, _unpacked(self.part(name), info))
        except EmnistTuiError:
            self.part(name).unlink(missing_ok=True)
            raise
        self.part(name).unlink()

    def keep(self, name: str, content: Iterable[bytes]) -> None:
        """Writes a member whole.

        Raises `EmnistTuiError` when it is not the official one; it is not there then.
        """
        digest, official = hashlib.sha256(), archive.OFFICIAL[name].sha256
        try:
            with replacing(self._whole(name)) as file:
                for chunk in content:
                    digest.update(chunk)
                    file.write(chunk)
                if digest.hexdigest() != official:
                    raise EmnistTuiError(
                        f"{name}.gz from {self._shown} is not the official file (its sha256 begins with "
                        f"{digest.hexdigest()[:12]}, not {official[:12]}), so nothing was installed: try again, or "
                        f"{ELSEWHERE}; `emnist-tui data import` takes other files."
                    )
        except (*idx.DAMAGE, EOFError) as error:
            raise EmnistTuiError(
                f"{name}.gz from {self._shown} is damaged ({idx.short(error)}): try again, or {ELSEWHERE}."
            ) from error

    def _whole(self, name: str) -> Path:
        return self._folder / f"{name}.gz"


def _unpacked(part: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a member from its bytes in the archive; never more of it than the directory says."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
    left = info.file_size
    with part.open("rb") as file:
        while left > 0 and (chunk := file.read(_CHUNK)):
            content = inflater.decompress(chunk, left) if inflater else chunk
            left -= len(content)
            yield content
