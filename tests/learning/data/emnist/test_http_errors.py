"""Failed HTTP requests end in one sentence and install nothing."""

import socket
from collections.abc import Iterator

import pytest
import requests
import urllib3
from requests import exceptions

from emnist_tui.learning.data.emnist.http_errors import HttpErrors, TransientError
from emnist_tui.runs.download_state import DownloadFolder
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from tests.support.data_server import DataServer, Proxy
from tests.support.downloads import QUICK, fetch, problem

ERRORS = HttpErrors("https://user:secret@mirror.example/gzip.zip", timeout=30)


@pytest.fixture
def closed_port() -> Iterator[str]:
    """Reserve a loopback address on which nothing listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{closed.getsockname()[1]}"


def converted(error: Exception) -> EmnistTuiError:
    """Return the user-facing error for an exception of the HTTP client."""
    with pytest.raises(EmnistTuiError) as caught, ERRORS.converted():
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("error", "kind", "start"),
    [
        (
            exceptions.SSLError("certificate verify failed: [SSL: CERTIFICATE_VERIFY_FAILED]"),
            EmnistTuiError,
            "The certificate of mirror.example cannot be verified: ",
        ),
        (exceptions.SSLError(ConnectionResetError(104, "Reset")), TransientError, "No connection to mirror.example ("),
        (exceptions.InvalidProxyURL("bad"), UsageError, "The proxy proxy.example:80 is not a proxy address: "),
        (
            exceptions.ProxyError("Tunnel connection failed: 403 Forbidden"),
            EmnistTuiError,
            "The proxy proxy.example:80 refuses to connect to mirror.example (403): ask its administrator",
        ),
        (
            exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection broken")),
            TransientError,
            "mirror.example closed the connection early (no reason given); try again.",
        ),
        (
            exceptions.ChunkedEncodingError(ConnectionResetError(104, "Connection reset by peer")),
            TransientError,
            "mirror.example closed the connection early (",
        ),
        (exceptions.ReadTimeout("slow"), TransientError, "mirror.example sent nothing for 30 s: try again later"),
        (
            exceptions.TooManyRedirects("30"),
            EmnistTuiError,
            "https://mirror.example/gzip.zip redirects too many times: set EMNIST_TUI_URL to a mirror",
        ),
        (
            requests.RequestException("odd\n" * 1000),
            EmnistTuiError,
            "https://mirror.example/gzip.zip cannot be fetched (odd odd ",
        ),
    ],
)
def test_client_exceptions_become_user_facing_errors(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[EmnistTuiError], start: str
) -> None:
    monkeypatch.setenv("https_proxy", "http://me:secret@proxy.example:80")
    caught = converted(error)
    message = str(caught)
    assert type(caught) is kind
    assert message.startswith(start)
    assert message.endswith(".")
    assert "\n" not in message
    assert "secret" not in message
    assert len(message) < 400


def test_other_exceptions_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), ERRORS.converted():
        raise ZeroDivisionError


@pytest.mark.parametrize(("status", "kind"), [(408, TransientError), (429, TransientError), (503, TransientError)])
def test_passing_statuses_are_transient(status: int, kind: type[EmnistTuiError]) -> None:
    assert type(ERRORS.from_status(status)) is kind
    assert "try again later" in str(ERRORS.from_status(status))


def test_refused_connection_is_reported(closed_port: str, folder: DownloadFolder) -> None:
    message = problem(f"http://{closed_port}/gzip.zip", folder)
    assert message.startswith("No connection to 127.0.0.1 (Connection refused): check the network")


def test_unknown_host_is_reported(folder: DownloadFolder) -> None:
    assert problem("http://nowhere.invalid/gzip.zip", folder).startswith("No connection to nowhere.invalid (")


@pytest.mark.parametrize("status", [404, 410])
def test_missing_archive_is_not_retried(server: DataServer, folder: DownloadFolder, status: int) -> None:
    server.statuses = [status]
    assert f"{server.url} does not exist ({status} " in problem(server.url, folder)
    assert len(server.asked) == 1


def test_forbidden_archive_is_reported(server: DataServer, folder: DownloadFolder) -> None:
    server.statuses = [403]
    assert "403 Forbidden" in problem(server.url, folder)


def test_lasting_server_error_is_reported_after_all_attempts(server: DataServer, folder: DownloadFolder) -> None:
    server.statuses = [503] * 10
    assert "503 Service Unavailable" in problem(server.url, folder)
    assert len(server.asked) == QUICK.attempts


def test_redirect_without_location_is_reported(server: DataServer, folder: DownloadFolder) -> None:
    server.statuses = [302]
    assert "302" in problem(server.url, folder)


def test_password_in_the_url_is_not_shown(server: DataServer, folder: DownloadFolder) -> None:
    server.statuses = [404]
    assert "secret" not in problem(server.url.replace("//", "//user:secret@"), folder)


class TestProxy:
    def test_proxy_of_the_environment_is_used(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Proxy("user:secret") as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            fetch(server.url, folder)
            assert set(proxy.asked) == {server.url}
        assert server.asked

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_wrong_proxy_password_is_reported(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch, scheme: str
    ) -> None:
        with Proxy("user:secret") as proxy:
            monkeypatch.setenv(f"{scheme}_proxy", f"http://user:wrong@{proxy.address}")
            message = problem(f"{scheme}://{server.address}/gzip.zip", folder)
        assert message.startswith(f"The proxy {proxy.address} requires a password (407")
        assert "wrong" not in message
        assert not server.asked

    def test_unreachable_proxy_is_reported(
        self, server: DataServer, folder: DownloadFolder, monkeypatch: pytest.MonkeyPatch, closed_port: str
    ) -> None:
        monkeypatch.setenv("http_proxy", f"http://{closed_port}")
        message = problem(server.url, folder)
        assert message.startswith(f"The proxy {closed_port} cannot be reached (Connection refused)")
