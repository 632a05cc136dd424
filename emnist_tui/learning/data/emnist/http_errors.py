"""User-facing errors for failed HTTP requests: statuses, proxies, certificates, connections."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from emnist_tui.learning.data.emnist import idx
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.official_archive import without_password

if TYPE_CHECKING:
    import requests

ELSEWHERE = "set EMNIST_TUI_URL to a mirror, or get it elsewhere and run `emnist-tui data import PATH`"
"""Advice at the end of an error message."""

_TRANSIENT_STATUSES = (408, 425, 429, *range(500, 600))


class TransientError(EmnistTuiError):
    """A failure that another attempt may overcome."""


@dataclass(frozen=True)
class HttpErrors:
    """Converter of failed requests for one URL into user-facing errors."""

    url: str
    timeout: float
    """Timeout of the requests in seconds."""

    @property
    def shown(self) -> str:
        """URL without a password."""
        return without_password(self.url)

    @property
    def host(self) -> str:
        """Host of the URL."""
        return urlsplit(self.url).hostname or ""

    @contextmanager
    def converted(self) -> Iterator[None]:
        """Convert exceptions of the HTTP client into `EmnistTuiError`.

        It is a `TransientError` if a retry may help.
        """
        import requests

        try:
            yield
        except requests.RequestException as error:
            raise self._from_exception(error) from error

    def from_status(self, status: int) -> EmnistTuiError:
        """Create the error for an HTTP status that is not a success."""
        answer = f"{status} {responses.get(status, '')}".rstrip()
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return EmnistTuiError(f"{self.shown} does not exist ({answer}): {ELSEWHERE}.")
        if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
            return self._proxy_password_required()
        if status in _TRANSIENT_STATUSES:
            return TransientError(
                f"{self.host} cannot send the archive now ({answer}): try again later, or {ELSEWHERE}."
            )
        return EmnistTuiError(f"{self.host} does not send {self.shown} ({answer}): {ELSEWHERE}.")

    def interrupted(self, reason: str = "") -> TransientError:
        """Create the error for a response that ended too soon."""
        in_brackets = f" ({reason})" if reason else ""
        return TransientError(f"{self.host} closed the connection early{in_brackets}; try again.")

    def _from_exception(self, error: "requests.RequestException") -> EmnistTuiError:
        """Create the error for an exception; checks subclasses before their base classes."""
        import requests
        from urllib3.exceptions import ProtocolError, ReadTimeoutError

        kinds = requests.exceptions
        cause = error.args[0] if error.args else None
        if isinstance(error, kinds.InvalidProxyURL):
            return UsageError(f"The proxy {self._proxy()} is not a proxy address: set HTTPS_PROXY to http://host:port.")
        if isinstance(error, kinds.ProxyError):
            return self._from_proxy_error(error)
        if isinstance(error, kinds.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            return EmnistTuiError(
                f"The certificate of {self.host} cannot be verified: if a proxy has certificates of its own, "
                "set REQUESTS_CA_BUNDLE to their file."
            )
        if isinstance(cause, ReadTimeoutError) or isinstance(error, kinds.Timeout):
            return TransientError(f"{self.host} sent nothing for {self.timeout:g} s: try again later, or {ELSEWHERE}.")
        if isinstance(cause, ProtocolError) or isinstance(error, kinds.ChunkedEncodingError):
            return self.interrupted(_system_reason(error))
        if isinstance(error, kinds.ConnectionError):
            return TransientError(
                f"No connection to {self.host} ({_system_reason(error)}): check the network, or set HTTPS_PROXY if "
                "there is a proxy."
            )
        if isinstance(error, kinds.TooManyRedirects):
            return EmnistTuiError(f"{self.shown} redirects too many times: {ELSEWHERE}.")
        return EmnistTuiError(f"{self.shown} cannot be fetched ({idx.reason(error)}): {ELSEWHERE}.")

    def _from_proxy_error(self, error: "requests.exceptions.ProxyError") -> EmnistTuiError:
        if refusal := re.search(r"Tunnel connection failed: (\d{3})", str(error)):
            if int(refusal[1]) == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
                return self._proxy_password_required()
            return EmnistTuiError(
                f"The proxy {self._proxy()} refuses to connect to {self.host} ({refusal[1]}): "
                f"ask its administrator, or {ELSEWHERE}."
            )
        return TransientError(
            f"The proxy {self._proxy()} cannot be reached ({_system_reason(error)}): check HTTPS_PROXY and the network."
        )

    def _proxy_password_required(self) -> EmnistTuiError:
        return EmnistTuiError(
            f"The proxy {self._proxy()} requires a password (407 Proxy Authentication Required): "
            "set HTTPS_PROXY to http://user:password@host:port."
        )

    def _proxy(self) -> str:
        """Return the proxy's host and port, without a password."""
        from requests.utils import get_environ_proxies, select_proxy

        proxy = select_proxy(self.url, get_environ_proxies(self.url))
        return without_password(proxy).rpartition("//")[2].rstrip("/") if proxy else f"before {self.host}"


def _system_reason(error: BaseException) -> str:
    """Return the operating system's message from a chain of exceptions."""
    reason = ""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            reason = cause.strerror
        cause = cause.__cause__ or cause.__context__
    return reason or "no reason given"
