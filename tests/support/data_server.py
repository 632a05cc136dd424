"""Loopback web server with optional faults, and a proxy."""

import base64
import http.client
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_CHUNK = 4096
PAGE = b"<!DOCTYPE html><html><title>Log in</title></html>" * 100


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect in the middle: tests do so on purpose."""


class LoopbackServer:
    """Server that listens for the length of a block."""

    handler: type[BaseHTTPRequestHandler]

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), self.handler)
        self._server.owner = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"


class _ArchiveHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and content are written separately and need not wait for each other

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        owner: DataServer = self.server.owner  # type: ignore[attr-defined]
        wanted = self.headers.get("Range")
        owner.asked.append(wanted or "all")
        if owner.redirects and self.path.startswith("/old/"):
            self._answer(302, b"", Location="/new/gzip.zip")
        elif owner.statuses:
            self._answer(owner.statuses.pop(0), PAGE)
        else:
            self._send_content(owner, wanted)

    def _send_content(self, owner: "DataServer", wanted: str | None) -> None:
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted or "")
        headers = {"ETag": owner.tag} if owner.tag else {}
        if not (found and owner.has_ranges):
            return self._answer(200, owner.content, **headers)
        first, last = int(found[1]), min(int(found[2]), len(owner.content) - 1)
        headers["Content-Range"] = f"bytes {first + owner.shifts}-{last + owner.shifts}/{len(owner.content)}"
        self._answer(206, owner.content[first : last + 1], **headers)
        return None

    def _answer(self, status: int, content: bytes, **headers: str) -> None:
        owner: DataServer = self.server.owner  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if owner.says_length:
            self.send_header("Content-Length", str(len(content) + owner.lies_by))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        if owner.lies_by or not owner.says_length:
            self.close_connection = True
        is_small = len(content) < owner.spares
        self._write(owner, content, is_small)

    def _write(self, owner: "DataServer", content: bytes, is_small: bool) -> None:
        for start in range(0, len(content), _CHUNK):
            if not is_small and start >= owner.breaks_after and owner.breaks > 0:
                owner.breaks -= 1
                self.close_connection = True
                return
            if not is_small and start >= owner.stalls_after and owner.stalls > 0:
                owner.stalls -= 1
                owner.stalled.set()
                owner.goes_on.wait(60)
            self.wfile.write(content[start : start + _CHUNK])
            owner.sent += min(_CHUNK, len(content) - start)
            if owner.seconds_a_chunk and not is_small:
                time.sleep(owner.seconds_a_chunk)


@dataclass
class DataServer(LoopbackServer):
    """Server that sends `content` under every path."""

    content: bytes
    has_ranges: bool = True
    tag: str = '"first"'
    """ETag; empty for none."""
    statuses: list[int] = field(default_factory=list)
    """HTTP statuses that refuse the first requests."""
    redirects: bool = False
    """Whether paths under /old/ redirect to /new/."""
    says_length: bool = True
    lies_by: int = 0
    """Bytes by which Content-Length exceeds the content."""
    shifts: int = 0
    """Bytes by which Content-Range differs from the requested range."""
    spares: int = 100_000
    """Size in bytes below which responses neither break off nor stall."""
    breaks: float = 0
    """Number of responses that break off after `breaks_after` bytes."""
    breaks_after: int = 0
    stalls: float = 0
    """Number of responses that pause after `stalls_after` bytes until `goes_on` is set."""
    stalls_after: int = 0
    seconds_a_chunk: float = 0.0
    """Pause after each chunk of 4 kB."""
    asked: list[str] = field(default_factory=list)
    """Range headers of the requests, "all" where there was none."""
    sent: int = 0
    """Bytes of content sent."""
    stalled: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)
    handler = _ArchiveHandler

    @property
    def url(self) -> str:
        return f"http://{self.address}/gzip.zip"

    def __exit__(self, *details: Any) -> None:
        self.goes_on.set()
        super().__exit__(*details)


class _ProxyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and content are written separately and need not wait for each other

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        owner: Proxy = self.server.owner  # type: ignore[attr-defined]
        given = self.headers.get("Proxy-Authorization", "")
        if owner.password and given != f"Basic {base64.b64encode(owner.password.encode()).decode()}":
            return self._pass_on(407, {"Proxy-Authenticate": "Basic"}, iter([b"no"]), 2)
        owner.asked.append(self.path)
        parts = urlsplit(self.path)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        connection.request("GET", parts.path, headers={"Range": self.headers.get("Range", "")})
        answer = connection.getresponse()
        headers = {name: value for name in ("Content-Range", "ETag") if (value := answer.headers.get(name))}
        self._pass_on(answer.status, headers, iter(lambda: answer.read(_CHUNK), b""), answer.length or 0)
        connection.close()
        return None

    do_CONNECT = do_GET  # noqa: N815 - requested for an https address; refused with a password

    def _pass_on(self, status: int, headers: dict[str, str], content: Iterator[bytes], length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for chunk in content:
            self.wfile.write(chunk)


@dataclass
class Proxy(LoopbackServer):
    """Proxy that forwards plain HTTP."""

    password: str = ""
    """Required `user:password`; empty for none."""
    asked: list[str] = field(default_factory=list)
    """Requested addresses."""
    handler = _ProxyHandler

    @property
    def url(self) -> str:
        return f"http://{self.password}{'@' * bool(self.password)}{self.address}"
