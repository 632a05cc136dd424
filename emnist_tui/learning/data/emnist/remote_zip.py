"""A zip archive on a server: its directory and parts of it by HTTP ranges, and whatever can go wrong as a sentence.

remotezip would read the directory as well, but it neither goes on in the middle of a member nor tells one failure from
another, and both are what this is for. The directory is read by the standard library's zipfile.
"""

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from emnist_tui import __version__
from emnist_tui.learning.data.emnist import archive, idx
from emnist_tui.runs.errors import EmnistTuiError, UsageError

if TYPE_CHECKING:
    import requests

ELSEWHERE = "name another source by --url or EMNIST_TUI_URL"
_CHUNK = 1 << 14  # bytes; few enough that a slow link is seen to move
_START = 512  # bytes, by which an archive is told from a web page
_TAIL = 1 << 16  # bytes, in which the directory of most archives fits
_MOST_DIRECTORY = 1 << 20  # bytes; the official archive's has about 3 kB
_LOCAL_HEADER = 30  # bytes before the member's name (PKWARE's APPNOTE.TXT, 4.3.7)
_PASSING = (408, 425, 429, *range(500, 600))


class TransientError(EmnistTuiError):
    """What another attempt may find mended."""


@dataclass(frozen=True)
class Version:
    """What tells one state of the archive on the server from another."""

    url: str
    """Without a password."""
    size: int | None
    """Bytes; None where the server does not say."""
    tag: str
    """Its ETag, or when it was modified last."""


class RemoteZip:
    """Use it as a context manager: entering asks the server for the archive's first bytes.

    Every method raises `EmnistTuiError`, as `TransientError` where it is worth trying again.
    """

    def __init__(self, url: str, timeout: float) -> None:
        """`timeout` is in seconds, to connect and between any two bytes. Raises `UsageError` for a bad URL."""
        import requests  # only once a download begins

        self.shown = check_url(url)
        self.host = urlsplit(url).hostname or ""
        self._url = url
        self._timeout = timeout
        self._session = requests.Session()
        # Compressed once more, a part would not be the part that was asked for.
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": f"emnist-tui/{__version__}"})
        self._whole: Iterator[bytes] | None = None
        self._begun: requests.Response | None = None

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self._session.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._begun is not None:
            self._begun.close()
        self._session.close()

    @property
    def has_ranges(self) -> bool:
        """Whether the server sends parts; if not, `read_whole` is all there is."""
        return self._whole is None

    def read(self, first: int, count: int) -> Iterator[bytes]:
        """Exactly `count` bytes from `first` on."""
        with self._explained(), self._get({"Range": f"bytes={first}-{first + count - 1}"}) as response:
            if response.status_code != HTTPStatus.PARTIAL_CONTENT or self._version_of(response) != self.version:
                raise TransientError(f"{self.shown} was changed while it was fetched; try again.")
            if _content_range(response) != (first, self.version.size):
                raise EmnistTuiError(f"{self.host} sends other parts of {self.shown} than asked for: {ELSEWHERE}.")
            for chunk in response.iter_content(_CHUNK):
                yield chunk[:count]
                count -= len(chunk)
                if count <= 0:
                    return
        raise TransientError(f"{self.host} broke off; try again.")

    def read_whole(self) -> Iterator[bytes]:
        """All of it, where the server has no ranges; once."""
        assert self._whole is not None
        count = 0
        with self._explained():
            for chunk in self._whole:
                count += len(chunk)
                yield chunk
        if self.version.size is not None and count < self.version.size:
            raise TransientError(f"{self.host} broke off; try again.")

    def members(self) -> dict[str, zipfile.ZipInfo]:
        """The digits split's files in the archive's directory, by plain name."""
        with idx.explained(self.shown), zipfile.ZipFile(_Directory(self)) as directory:
            return archive.find_members(directory, self.shown)

    def data_offset(self, info: zipfile.ZipInfo) -> int:
        """Where in the archive a member's bytes begin."""
        header = b"".join(self.read(info.header_offset, _LOCAL_HEADER))
        if not header.startswith(b"PK\3\4"):
            raise EmnistTuiError(f"{self.shown} is a damaged archive: {ELSEWHERE}.")
        name_size, extra_size = struct.unpack("<2H", header[26:])
        return int(info.header_offset + _LOCAL_HEADER + name_size + extra_size)

    def _begin(self) -> None:
        with self._explained():
            response = self._begun = self._get({"Range": f"bytes=0-{_START - 1}"})
            if response.status_code == HTTPStatus.PARTIAL_CONTENT and _content_range(response) is None:
                response.close()  # a part of what size is not said
                response = self._begun = self._get({})
            self.version = self._version_of(response)
            chunks = response.iter_content(_CHUNK)
            start = next(chunks, b"")
        if not start.startswith(b"PK"):
            raise EmnistTuiError(self._explain_no_archive(start))
        if _content_range(response) is None:
            self._whole = _chain(start, chunks)

    def _get(self, headers: dict[str, str]) -> "requests.Response":
        response = self._session.get(self._url, headers=headers, stream=True, timeout=self._timeout)
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            response.close()
            raise self._refusal(response.status_code)
        return response

    def _version_of(self, response: "requests.Response") -> Version:
        part = _content_range(response)
        length = response.headers.get("Content-Length", "")
        size = part[1] if part else int(length) if length.isascii() and length.isdigit() else None
        tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        return Version(self.shown, size, tag)

    def _refusal(self, status: int) -> EmnistTuiError:
        answer = f"{status} {responses.get(status, '')}".rstrip()
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return EmnistTuiError(f"{self.shown} is not there ({answer}): {ELSEWHERE}.")
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return EmnistTuiError(self._proxy_wants_password())
        if status in _PASSING:
            return TransientError(
                f"{self.host} cannot send the archive now ({answer}): try again later, or {ELSEWHERE}."
            )
        return EmnistTuiError(f"{self.host} does not send {self.shown} ({answer}): {ELSEWHERE}.")

    def _explain_no_archive(self, start: bytes) -> str:
        if archive.is_web_page(start):
            return (
                f"{self.shown} is a web page, not the archive: look at it in a browser, perhaps the network wants "
                f"a login, or {ELSEWHERE}."
            )
        return f"{self.shown} is not a zip archive: {ELSEWHERE}."

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turns what the HTTP client raises into a sentence."""
        import requests

        try:
            yield
        except requests.RequestException as error:
            raise self._failure(error) from error

    def _failure(self, error: "requests.RequestException") -> EmnistTuiError:
        """The more special kinds come first: they are kinds of the ones below."""
        import requests
        from urllib3.exceptions import ProtocolError, ReadTimeoutError

        text = str(error)
        if isinstance(error, requests.exceptions.InvalidProxyURL):
            return UsageError(f"The proxy {self._proxy()} is no proxy's address: set HTTPS_PROXY to http://host:port.")
        if isinstance(error, requests.exceptions.ProxyError):
            if refusal := re.search(r"Tunnel connection failed: (\d{3})", text):
                if int(refusal[1]) == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                    return EmnistTuiError(self._proxy_wants_password())
                return EmnistTuiError(
                    f"The proxy {self._proxy()} refuses to connect to {self.host} ({refusal[1]}): "
                    f"ask who runs it, or {ELSEWHERE}."
                )
            return TransientError(
                f"The proxy {self._proxy()} cannot be reached ({_reason(error)}): check HTTPS_PROXY and the network."
            )
        if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in text:
            return EmnistTuiError(
                f"The certificate of {self.host} cannot be verified: where a proxy has its own, "
                "REQUESTS_CA_BUNDLE names the file of its certificates."
            )
        cause = error.args[0] if error.args else None
        if isinstance(cause, ReadTimeoutError) or isinstance(error, requests.exceptions.Timeout):
            return TransientError(f"{self.host} sent nothing for {self._timeout:g} s: try again later, or {ELSEWHERE}.")
        if isinstance(cause, ProtocolError) or isinstance(error, requests.exceptions.ChunkedEncodingError):
            return TransientError(f"{self.host} broke off ({_reason(error)}); try again.")
        if isinstance(error, requests.exceptions.ConnectionError):
            return TransientError(
                f"No connection to {self.host} ({_reason(error)}): check the network, or set HTTPS_PROXY where "
                "there is a proxy."
            )
        if isinstance(error, requests.exceptions.TooManyRedirects):
            return EmnistTuiError(f"{self.shown} only leads from one address to the next: {ELSEWHERE}.")
        return EmnistTuiError(f"{self.shown} cannot be fetched ({idx.short(error)}): {ELSEWHERE}.")

    def _proxy_wants_password(self) -> str:
        return (
            f"The proxy {self._proxy()} wants a password (407 Proxy Authentication Required): "
            "set HTTPS_PROXY to http://user:password@host:port."
        )

    def _proxy(self) -> str:
        """Its host and port, without a password."""
        from requests.utils import get_environ_proxies, select_proxy

        proxy = select_proxy(self._url, get_environ_proxies(self._url))
        return _without_password(proxy).rpartition("//")[2].rstrip("/") if proxy else f"before {self.host}"


class _Directory(io.RawIOBase):
    """The end of the archive as a file, for zipfile. What zipfile asks for comes from the file: so it is bounded."""

    def __init__(self, source: RemoteZip) -> None:
        super().__init__()
        self._source = source
        self._size = source.version.size or 0
        self._place = 0
        self._first = self._size
        self._bytes = b""

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("a place before the file's beginning")  # as of a file: zipfile counts on it
        self._place = start + offset
        return self._place

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._size - self._place)
        size = left if size < 0 else min(size, left)
        if size > _MOST_DIRECTORY:
            raise zipfile.BadZipFile(f"a directory of {size:,} bytes")
        if not self._first <= self._place <= self._place + size <= self._first + len(self._bytes):
            self._first = min(self._place, max(0, self._size - _TAIL))
            count = min(self._size - self._first, max(_TAIL, self._place + size - self._first))
            self._bytes = b"".join(self._source.read(self._first, count)) if count else b""
        start = self._place - self._first
        self._place += size
        return self._bytes[start : start + size]


def check_url(url: str) -> str:
    """The URL as it may be shown: without a password. Raises `UsageError` unless it is one of http or https."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{_without_password(url)!r} is not an address to fetch from: give one of http or https.")
    return _without_password(url)


def _without_password(url: str) -> str:
    return re.sub(r"^(\w+:)?//[^/?#]*@", r"\1//", url)


def _content_range(response: "requests.Response") -> tuple[int, int] | None:
    """The first byte and the whole size that a part says it has; None where the answer is no such part."""
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return None
    found = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", response.headers.get("Content-Range", "").strip())
    return (int(found[1]), int(found[2])) if found else None


def _chain(start: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from rest


def _reason(error: BaseException) -> str:
    """What the system said at the bottom of a chain of errors."""
    reason = ""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            reason = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return reason or "the connection ended early"
