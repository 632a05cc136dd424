"""`emnist-tui data download` in its own process, from a server on loopback."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emnist_tui.commands.data_download import _Interruption
from emnist_tui.runs.control import Desired, ask_for
from emnist_tui.runs.data_paths import has_digits
from emnist_tui.runs.download_state import DownloadFolder, format_size
from emnist_tui.runs.event_log import read_events
from emnist_tui.runs.events import RunFailed
from tests.support.data_server import PAGE, DataServer
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.official_program import write_digests
from tests.support.project import PROJECT

PROGRAM = (sys.executable, "-m", "tests.support.official_program")
TRAIN, TEST = 3000, 400
PATIENCE = 60.0  # seconds, for a busy machine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DataServer]:
    write_digests(
        tmp_path / "digests.json", write_archive(tmp_path / "a.zip", *draw_arrows(TRAIN, 0), *draw_arrows(TEST, 1))
    )
    with DataServer((tmp_path / "a.zip").read_bytes()) as serving:
        yield serving


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(tmp_path: Path, root: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `data download`, with the small files as the official ones."""
    processes: list[subprocess.Popen[str]] = []

    def begin(
        *options: str, stderr: int = subprocess.PIPE, before: tuple[str, ...] = (), **variables: str
    ) -> "subprocess.Popen[str]":
        proxies = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "EMNIST_TUI_URL")
        kept = {name: value for name, value in os.environ.items() if name not in proxies}
        process = subprocess.Popen(
            [*before, *PROGRAM, str(tmp_path / "digests.json"), "data", "download", *options],
            cwd=PROJECT,
            env={**kept, "EMNIST_TUI_DATA": str(root), **variables},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def wait_for_bytes(folder: DownloadFolder, process: "subprocess.Popen[str]") -> None:
    """Wait for the first bytes of the largest member."""
    end = time.monotonic() + PATIENCE
    while not any(path.stat().st_size for path in folder.members.glob("*train-images*.part")):
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_url_option_wins_and_installed_digits_are_not_downloaded_again(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = start("--json", "--url", server.url, EMNIST_TUI_URL="http://127.0.0.1:1/")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert json.loads(out) == {
        "root": str(root),
        "present": True,
        "train_images": TRAIN,
        "test_images": TEST,
        "verified": True,
        "problem": None,
        "name": "EMNIST digits",
    }
    assert f"downloading the EMNIST digits from {server.url} into {root}" in err
    assert "\x1b" not in err
    server.asked.clear()
    again = start(EMNIST_TUI_URL=server.url)
    out, err = again.communicate(timeout=PATIENCE)
    assert (again.returncode, err) == (
        0,
        "emnist-tui: the EMNIST digits are installed already; nothing was downloaded.\n",
    )
    assert "the official files by sha256" in out
    assert not server.asked


@pytest.mark.parametrize("way", ["SIGINT", "SIGTERM", "control"])
def test_interrupted_download_resumes(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"], way: str
) -> None:
    """Interrupted while the server stalls."""
    server.stalls, server.stalls_after = 1, 40_960
    folder = DownloadFolder(root)
    process = start(EMNIST_TUI_URL=server.url)
    wait_for_bytes(folder, process)
    if way == "control":
        ask_for(folder.control, Desired.STOP)
    else:
        process.send_signal(getattr(signal, way))
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    received = sum(path.stat().st_size for path in folder.members.glob("*.part"))
    reached = f"Interrupted at {format_size(received)} of "
    assert reached in err.splitlines()[-1]
    assert err.endswith("; run the same command to resume.\n")
    (failed,) = [event for event in read_events(folder.events) if isinstance(event, RunFailed)]
    assert failed.error.startswith(reached)
    assert not has_digits(root)
    again = start(EMNIST_TUI_URL=server.url)
    again.communicate(timeout=PATIENCE)
    assert again.returncode == 0
    assert has_digits(root)
    assert not folder.path.exists()


def test_second_download_is_refused(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    server.stalls, server.stalls_after = 1, 40_960
    wait_for_bytes(DownloadFolder(root), start(EMNIST_TUI_URL=server.url))
    second = start(EMNIST_TUI_URL=server.url)
    _, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 1
    assert err.startswith(f"emnist-tui: Another download into {root} is running")
    assert err.count("\n") == 1


def test_web_page_instead_of_the_archive_is_one_sentence(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    server.content = PAGE
    process = start(EMNIST_TUI_URL=server.url)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1].startswith(f"emnist-tui: {server.url} is a web page, not the archive")
    assert "Traceback" not in err
    (failed,) = [event for event in read_events(DownloadFolder(root).events) if isinstance(event, RunFailed)]
    assert failed.error in err


def test_full_disk_is_one_sentence(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    # Files are limited to 100 blocks, of 512 or 1,024 bytes.
    process = start(EMNIST_TUI_URL=server.url, before=("sh", "-c", 'ulimit -f 100; exec "$@"', "sh"))
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert err.splitlines()[-1].startswith(f"emnist-tui: The data cannot be written to {root}")
    assert "(File too large): fix that" in err
    assert not has_digits(root)
    again = start(EMNIST_TUI_URL=server.url)
    again.communicate(timeout=PATIENCE)
    assert again.returncode == 0


def test_http_client_is_imported_only_by_a_download() -> None:
    script = (
        "import sys, emnist_tui.cli, emnist_tui.commands.data_download, emnist_tui.learning.data.emnist.download;"
        "assert not {'requests', 'urllib3', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=True)


def test_closed_stderr_does_not_stop_a_download(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    process = start(EMNIST_TUI_URL=server.url, stderr=theirs)
    os.close(theirs)
    assert process.wait(timeout=PATIENCE) == 0
    assert has_digits(root)


def test_bad_url_is_a_usage_error(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    process = start("--url", "ftp://mirror/gzip.zip")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert err == ("emnist-tui: 'ftp://mirror/gzip.zip' is not a download address: give an http or https URL.\n")
    assert not root.exists()


def test_progress_bar_on_a_terminal(
    server: DataServer, root: Path, start: Callable[..., "subprocess.Popen[str]"]
) -> None:
    server.seconds_a_chunk = 0.01
    ours, theirs = pty.openpty()
    process = start(stderr=theirs, EMNIST_TUI_URL=server.url, TERM="xterm", COLUMNS="100")
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:
        pass  # the program closed the terminal's other end
    os.close(ours)
    assert process.wait(timeout=PATIENCE) == 0
    assert b"kB of " in shown
    assert b"%" in shown
    assert b"/s" in shown


@pytest.mark.parametrize("desired", [Desired.STOP, Desired.RUN])
def test_stop_in_the_control_file_interrupts_a_wait(tmp_path: Path, desired: Desired) -> None:
    """The wait is for bytes from a socket on which none arrive."""
    before = signal.getsignal(signal.SIGALRM)
    interruption = _Interruption()
    ask_for(tmp_path / "control.json", desired)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(5.0 if desired is Desired.STOP else 0.5)
        expected = KeyboardInterrupt if desired is Desired.STOP else TimeoutError
        with pytest.raises(expected), interruption.on_stop(tmp_path / "control.json"):
            ours.recv(1)
    assert signal.getsignal(signal.SIGALRM) is before
    if desired is Desired.STOP:
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
        interruption.handle(signal.SIGTERM, None)  # a second signal does not interrupt the cleanup
    else:
        interruption.check()
