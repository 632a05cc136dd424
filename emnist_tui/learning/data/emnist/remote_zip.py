"""Zip archive on a web server, read by HTTP range requests.

The standard library's zipfile reads the directory. The packages remotezip and fsspec read it as well, but neither
resumes in the middle of a member, detects that the archive changed, or keeps network failures apart for the user.
"""

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from emnist_tui import __version__
from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.learning.data.emnist.http_errors import ELSEWHERE, HttpErrors, TransientError
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.official_archive import without_password

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 14  # bytes; small enough that progress is visible on a slow link
_START = 512  # bytes; enough to tell an archive from a web page
_TAIL = 1 << 16  # bytes; most archives' directories fit in it
_MAX_DIRECTORY = 1 << 20  # bytes; the official archive's has about 3 kB
_LOCAL_HEADER = 30  # bytes before the member's name (PKWARE's APPNOTE.TXT, 4.3.7)


@dataclass(frozen=True)
class Version:
    """Identity of the archive's current version on the server."""

    url: str
    """URL without a password."""
    size: int | None
    """Size in bytes; None if the server does not report it."""
    tag: str
    """ETag, or the time of the last modification."""


class RemoteZip:
    """Zip archive at a URL.

    Use it as a context manager: entering requests the archive's first bytes. Every method raises `EmnistTuiError`:
    `TransientError` where a retry may help.
    """

    def __init__(self, url: str, timeout: float) -> None:
        """Prepare the requests.

        `timeout` is in seconds, to connect and between any two bytes. Raises `UsageError` for an invalid URL.
        """
        import requests  # only once a download begins

        self.shown = check_url(url)
        """URL without a password."""
        self._errors = HttpErrors(url, timeout)
        self.host = self._errors.host
        self._url = url
        self._timeout = timeout
        self._session = requests.Session()
        # A compressed response would not be the requested byte range.
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": f"emnist-tui/{__version__}"})
        self._whole: Iterator[bytes] | None = None
        self._first_response: requests.Response | None = None

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._session.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._first_response is not None:
            self._first_response.close()
        self._session.close()

    @property
    def has_ranges(self) -> bool:
        """Whether the server supports range requests; if not, only `read_whole` works."""
        return self._whole is None

    def read(self, first: int, count: int) -> Iterator[bytes]:
        """Read exactly `count` bytes from offset `first`."""
        with self._errors.converted(), self._get({"Range": f"bytes={first}-{first + count - 1}"}) as response:
            if response.status_code != HTTPStatus.PARTIAL_CONTENT or self._version_of(response) != self.version:
                raise TransientError(f"{self.shown} changed during the download; try again.")
            if _content_range(response) != (first, self.version.size):
                raise EmnistTuiError(f"{self.host} sends other parts of {self.shown} than requested: {ELSEWHERE}.")
            for chunk in response.iter_content(_CHUNK):
                yield chunk[:count]
                count -= len(chunk)
                if count <= 0:
                    return
        raise self._errors.interrupted()

    def read_whole(self) -> Iterator[bytes]:
        """Read the whole archive from a server without range requests; works once."""
        assert self._whole is not None
        count = 0
        with self._errors.converted():
            for chunk in self._whole:
                count += len(chunk)
                yield chunk
        if self.version.size is not None and count < self.version.size:
            raise self._errors.interrupted()

    def members(self) -> dict[str, zipfile.ZipInfo]:
        """Find the digits split's members in the archive's directory."""
        with idx.user_errors(self.shown), zipfile.ZipFile(_Directory(self)) as directory:
            return archive.find_members(directory, self.shown)

    def data_offset(self, info: zipfile.ZipInfo) -> int:
        """Return the offset of a member's content in the archive."""
        header = b"".join(self.read(info.header_offset, _LOCAL_HEADER))
        if not header.startswith(b"PK\3\4"):
            raise EmnistTuiError(f"{self.shown} is a damaged archive: {ELSEWHERE}.")
        name_size, extra_size = struct.unpack("<2H", header[26:])
        return int(info.header_offset + _LOCAL_HEADER + name_size + extra_size)

    def _open(self) -> None:
        with self._errors.converted():
            response = self._first_response = self._get({"Range": f"bytes=0-{_START - 1}"})
            if response.status_code == HTTPStatus.PARTIAL_CONTENT and _content_range(response) is None:
                response.close()  # a range of an unknown whole
                response = self._first_response = self._get({})
            self.version = self._version_of(response)
            chunks = response.iter_content(_CHUNK)
            start = next(chunks, b"")
        if not start.startswith(b"PK"):
            raise EmnistTuiError(self._describe_invalid_archive(start))
        if _content_range(response) is None:
            self._whole = chain([start], chunks)

    def _get(self, headers: dict[str, str]) -> "requests.Response":
        response = self._session.get(self._url, headers=headers, stream=True, timeout=self._timeout)
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            response.close()
            raise self._errors.from_status(response.status_code)
        return response

    def _version_of(self, response: "requests.Response") -> Version:
        part = _content_range(response)
        length = response.headers.get("Content-Length", "")
        size = part[1] if part else int(length) if length.isascii() and length.isdigit() else None
        tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        return Version(self.shown, size, tag)

    def _describe_invalid_archive(self, start: bytes) -> str:
        if archive.is_web_page(start):
            return (
                f"{self.shown} is a web page, not the archive: open it in a browser to see if the network requires "
                f"a login, or {ELSEWHERE}."
            )
        return f"{self.shown} is not a zip archive: {ELSEWHERE}."


class _Directory(io.RawIOBase):
    """File object over the end of the archive, for zipfile.

    The size that zipfile requests comes from the archive, so it is bounded.
    """

    def __init__(self, source: RemoteZip) -> None:
        super().__init__()
        self._source = source
        self._size = source.version.size or 0
        self._position = 0
        self._first = self._size
        self._bytes = b""

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("negative seek position")  # as a file does: zipfile relies on it
        self._position = start + offset
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._size - self._position)
        size = left if size < 0 else min(size, left)
        if size > _MAX_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size:,} bytes")
        if not self._first <= self._position <= self._position + size <= self._first + len(self._bytes):
            self._first = min(self._position, max(0, self._size - _TAIL))
            count = min(self._size - self._first, max(_TAIL, self._position + size - self._first))
            self._bytes = b"".join(self._source.read(self._first, count)) if count else b""
        start = self._position - self._first
        self._position += size
        return self._bytes[start : start + size]


def check_url(url: str) -> str:
    """Check a URL and return it without a password.

    Raises `UsageError` unless it is an http or https URL.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{without_password(url)!r} is not a download address: give an http or https URL.")
    return without_password(url)


def _content_range(response: "requests.Response") -> tuple[int, int] | None:
    """Return the first offset and the whole size of a partial response.

    Returns None for any other response.
    """
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return None
    match = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", response.headers.get("Content-Range", "").strip())
    return (int(match[1]), int(match[2])) if match else None
