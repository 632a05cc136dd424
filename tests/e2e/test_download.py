"""Downloads in a real terminal, from a server on loopback."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.program import PROGRAM
from tests.e2e.terminal import Terminal
from tests.support.data_server import DataServer
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.official_program import write_digests

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),  # for machines shared with other programs
    pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux, which is not installed"),
]


TITLE = "╭─ EMNIST digits ─"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DataServer]:
    members = write_archive(tmp_path / "gzip.zip", *draw_arrows(3000, 0), *draw_arrows(400, 1))
    write_digests(tmp_path / "digests.json", members)
    with DataServer((tmp_path / "gzip.zip").read_bytes()) as serving:
        yield serving


@pytest.fixture
def without_digits(variables: dict[str, str], tmp_path: Path, server: DataServer) -> dict[str, str]:
    """Return the environment of a program without installed digits."""
    return {
        **variables,
        "EMNIST_TUI_DATA": str(tmp_path / "data"),
        "EMNIST_TUI_URL": server.url,
        "http_proxy": "",
        "HTTP_PROXY": "",
    }


@pytest.fixture
def download_by_hand(without_digits: dict[str, str]) -> Iterator[Callable[[Path], None]]:
    """Start downloads outside the app, with the given digests as official."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(digests: Path) -> None:
        command = [sys.executable, "-m", "tests.support.official_program", str(digests), "data", "download"]
        processes.append(
            subprocess.Popen(
                command,
                env={**os.environ, **without_digits},
                cwd=without_digits["PYTHONPATH"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    yield begin
    for process in processes:
        process.kill()
        process.wait()


def hide(terminal: Terminal) -> None:
    """Press Escape and wait for its effect.

    A key that follows directly would be read together with it, as another key.
    """
    terminal.press("Escape")
    terminal.wait_for(lambda screen: TITLE not in screen)


def test_a_download_is_cancelled_refused_and_completed(
    without_digits: dict[str, str], server: DataServer, download_by_hand: Callable[[Path], None], tmp_path: Path
) -> None:
    with Terminal(without_digits, 80, 24) as terminal:
        terminal.run(*PROGRAM)
        terminal.wait_for_all("no run open", "d Data")

        server.stalls, server.spares = float("inf"), 0
        terminal.press("d")
        terminal.wait_for_all("Download the EMNIST digits?", server.url, "enter download")
        terminal.press("Enter")
        terminal.wait_for_all(TITLE, server.url, "connecting to 127.0.0.1 …", "x cancel · esc continue in background")
        assert server.stalled.wait(60)
        terminal.press("x")
        terminal.wait_for_all("Interrupted before anything was downloaded.", "d resume · esc close")

        server.stalls = 0
        terminal.press("d")  # the server answers now, but its files are not the official ones
        terminal.wait_for_all("is not the official file", "d retry · esc close")
        hide(terminal)

        # For the process started by hand they are.
        server.spares, server.stalls, server.stalls_after, server.seconds_a_chunk = 100_000, float("inf"), 40_960, 0.05
        download_by_hand(tmp_path / "digests.json")
        terminal.wait_for_all("Fetching EMNIST digits  ━", " %, no data for ")
        terminal.press("2")
        terminal.wait_for_all("Fetching EMNIST digits  ━", "n to train a network")
        terminal.press("d")
        terminal.wait_for_all(server.url, " kB of 3", "x cancel")
        server.goes_on.set()
        terminal.wait_for("EMNIST digits are installed.")  # the message is wrapped
        terminal.wait_for(lambda screen: "Fetching" not in screen and TITLE not in screen)
        terminal.press("d")
        terminal.wait_for("EMNIST digits are installed in")
        terminal.press("q")
        terminal.check_restored()


def test_a_download_continues_after_the_app_quits(without_digits: dict[str, str], server: DataServer) -> None:
    server.stalls, server.spares = float("inf"), 0
    with Terminal(without_digits, 60, 20) as terminal:
        terminal.run(*PROGRAM)
        terminal.wait_for("no run open")
        terminal.press("d")
        terminal.wait_for("enter download")
        terminal.press("Enter")
        terminal.wait_for("connecting to 127.0.0.1 …")
        assert server.stalled.wait(60)
        hide(terminal)
        terminal.wait_for("Fetching EMNIST digits: ")
        terminal.press("q")
        terminal.check_restored()
        terminal.clear()
        terminal.run(*PROGRAM)
        terminal.wait_for("Fetching EMNIST digits: ")
        server.goes_on.set()
        terminal.wait_for("official")  # a message, wrapped somewhere
        terminal.press("q")
        terminal.check_restored()
