"""Partial downloads of the official archive's four members, and their verified results."""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.http_errors import ELSEWHERE
from emnist_tui.learning.data.emnist.remote_zip import Version
from emnist_tui.runs.atomic_files import remove_unfinished, replace_text, replacing
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError

_MAX_SOURCE_NOTE = 1 << 16  # bytes that are read of the note about the source
_CHUNK = 1 << 20  # bytes


class PartialFiles:
    """Partial and complete members in a download's folder, by plain name.

    Every method raises `OSError` if the folder cannot be read or written.
    """

    def __init__(self, folder: DownloadFolder, archive_name: str) -> None:
        """Create the folder; `archive_name` is the archive's name in messages."""
        self._archive_name = archive_name
        self._folder = folder.members
        self._source_note = folder.path / "source.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_unfinished(self._folder, "*")

    def part(self, name: str) -> Path:
        """Return the path of a member's partial file, as in the archive."""
        return self._folder / f"{name}.gz.part"

    def size(self, name: str) -> int:
        """Return the size of the partial file in bytes."""
        try:
            return self.part(name).stat().st_size
        except FileNotFoundError:
            return 0

    def is_complete(self, name: str) -> bool:
        """Check whether a member is complete, by its sha256.

        The size is not enough: the folder may have survived a crash.
        """
        try:
            with self._complete(name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == archive.OFFICIAL[name].sha256
        except FileNotFoundError:
            return False

    def discard_stale(self, version: Version, members: Mapping[str, zipfile.ZipInfo]) -> None:
        """Delete partial files of another archive or version; keeps complete ones."""
        source = {
            **asdict(version),
            "members": {
                name: [info.CRC, info.compress_size, info.compress_type, info.header_offset]
                for name, info in members.items()
            },
        }
        previous: object = None
        with suppress(OSError, ValueError, RecursionError), self._source_note.open("rb") as file:
            previous = json.loads(file.read(_MAX_SOURCE_NOTE))
        for name, info in members.items():
            if previous != source or self.size(name) > info.compress_size:
                self.part(name).unlink(missing_ok=True)
        if previous != source:
            replace_text(self._source_note, json.dumps(source, indent=2))

    def unpack(self, name: str, info: zipfile.ZipInfo) -> None:
        """Decompress a finished partial file, and delete it.

        Raises `EmnistTuiError` if the result is not the official file.
        """
        try:
            self.store(name, _decompress(self.part(name), info))
        except EmnistTuiError:
            self.part(name).unlink(missing_ok=True)
            raise
        self.part(name).unlink()

    def store(self, name: str, content: Iterable[bytes]) -> None:
        """Write a complete member atomically.

        Raises `EmnistTuiError`, and writes nothing, if it is not the official file.
        """
        digest, official = hashlib.sha256(), archive.OFFICIAL[name].sha256
        try:
            with replacing(self._complete(name)) as file:
                for chunk in content:
                    digest.update(chunk)
                    file.write(chunk)
                if digest.hexdigest() != official:
                    raise EmnistTuiError(
                        f"{name}.gz from {self._archive_name} is not the official file (its sha256 begins with "
                        f"{digest.hexdigest()[:12]}, not {official[:12]}), so nothing was installed: try again, or "
                        f"{ELSEWHERE}; `emnist-tui data import` accepts other files."
                    )
        except (*idx.DAMAGE, EOFError) as error:
            raise EmnistTuiError(
                f"{name}.gz from {self._archive_name} is damaged ({idx.reason(error)}): try again, or {ELSEWHERE}."
            ) from error

    def _complete(self, name: str) -> Path:
        return self._folder / f"{name}.gz"


def _decompress(part: Path, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Decompress a member's bytes, up to the size in the archive's directory."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
    left = info.file_size
    with part.open("rb") as file:
        while left > 0 and (chunk := file.read(_CHUNK)):
            content = inflater.decompress(chunk, left) if inflater else chunk
            left -= len(content)
            yield content
