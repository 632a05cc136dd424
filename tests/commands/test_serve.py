"""`emnist-tui serve`: refusals, messages and exit. Its pages are tested in tests/web and tests/e2e."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import emnist_tui
from emnist_tui.cli import main, parse
from emnist_tui.commands import serve


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_address_reachable_by_others_is_refused(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", host, "--port", "0"]) == 2
    printed = capsys.readouterr()
    assert re.fullmatch(r"emnist-tui: Anyone who reaches .* no password; .* --allow-remote\.\n", printed.err)
    assert not printed.out


def test_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert capsys.readouterr().err == f"emnist-tui: Port {port} of 127.0.0.1 is in use; choose another with --port.\n"


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["--port", "65536"], "must be a whole number from 0 to 65535"),
        (["--host", "a b"], "'a b' is not an address of this machine"),
        (["absent"], "There is no checkpoint or run absent"),
    ],
)
def test_bad_options_are_refused_before_serving(
    arguments: list[str], phrase: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["--checkpoints", str(tmp_path), "serve", *arguments])
    except SystemExit as left:
        code = int(left.code or 0)
    assert code == 2
    assert phrase in capsys.readouterr().err


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for module in [name for name in sys.modules if name.startswith(("emnist_tui.web", "textual_serve"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr(emnist_tui, "web", raising=False)  # restored with the modules
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert main(["serve"]) == 1
    assert capsys.readouterr().err.endswith("install it with `pip install 'emnist-tui[serve]'`.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_address_is_printed_and_a_signal_ends_it(number: signal.Signals, tmp_path: Path) -> None:
    with _serving(tmp_path) as server:
        assert server.stderr is not None
        address = re.search(r"http://127\.0\.0\.1:(\d+)/", server.stderr.readline())
        assert address
        assert f"ssh -L {address[1]}:127.0.0.1:{address[1]} " in server.stderr.readline()
        assert "no password" in server.stderr.readline()
        with urllib.request.urlopen(address[0], timeout=30) as page:
            assert b"emnist-tui" in page.read()
        server.send_signal(number)
        assert server.communicate(timeout=30) == ("", "")
        assert server.returncode == 130


def test_remote_access_is_served_with_a_warning(tmp_path: Path) -> None:
    with _serving(tmp_path, "--host", "0.0.0.0", "--allow-remote") as server:
        assert server.stderr is not None
        assert server.stderr.readline().startswith("emnist-tui: warning: anyone who reaches it ")
        line = server.stderr.readline()
        address = re.search(rf"http://{re.escape(socket.gethostname())}:(\d+)/", line)
        assert address, line
        with urllib.request.urlopen(f"http://127.0.0.1:{address[1]}/", timeout=30):
            pass  # it serves, so that a signal ends it cleanly
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=30) == ("", "")


def _serving(root: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "emnist_tui", "--checkpoints", str(root), "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TERM": "dumb"},  # as under a service manager
    )


@pytest.mark.parametrize("arguments", [["serve", "--low-bandwidth"], ["--low-bandwidth", "serve"]])
def test_low_bandwidth_is_passed_to_each_app(arguments: list[str], tmp_path: Path) -> None:
    options = parse(["--checkpoints", str(tmp_path), *arguments])
    command = serve._app_arguments(tmp_path, None, low_bandwidth=options.low_bandwidth)
    assert command[-1] == "--low-bandwidth"
    assert parse(command[3:]).low_bandwidth
