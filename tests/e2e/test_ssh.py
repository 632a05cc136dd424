"""A real SSH connection, on loopback, that breaks while a run trains."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.record import summarize
from tests.e2e.link import Link, start_run
from tests.e2e.program import PROGRAM, events, last_step, wait_until

_SSHD = shutil.which("sshd") or "/usr/sbin/sshd"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
    pytest.mark.skipif(not Path(_SSHD).exists(), reason="needs sshd, which is not installed"),
    pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="needs root for a login by sshd"),
]

GONE_WITHIN = 10.0  # seconds; half of that on an idle machine


@dataclass(frozen=True)
class Server:
    """An sshd started by the tests."""

    command: list[str]
    """Client command that logs in; the remote command follows."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("sshd")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    (folder / "authorized").chmod(0o600)
    Path("/run/sshd").mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = {
        "ListenAddress": "127.0.0.1",
        "Port": port,
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized",
        "StrictModes": "no",
        "PidFile": "none",
        "PermitRootLogin": "prohibit-password",
        "PasswordAuthentication": "no",
    }
    arguments = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    log = (folder / "log").open("w")
    with log, subprocess.Popen([_SSHD, "-D", "-e", "-f", os.devnull, *arguments], stderr=log) as process:
        try:
            _wait_for_port(port)
            client = ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={folder / 'known'}"]
            yield Server(["ssh", "-q", "-F", os.devnull, "-tt", "-i", str(folder / "user"), "-p", str(port), *client,
                          f"{getpass.getuser()}@127.0.0.1"])  # fmt: skip
        finally:
            process.terminate()


@contextmanager
def training(server: Server, variables: dict[str, str], run: RunFolder) -> Iterator[Link]:
    """Start the app and a long run on the remote side."""
    remote_variables = {**variables, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    remote = ["env", *(f"{name}={value}" for name, value in remote_variables.items()), *PROGRAM]
    with Link([*server.command, *remote], variables) as link:
        start_run(link, run)
        yield link


def app_processes(root: Path) -> list[int]:
    """Return the process ids of a runs directory's apps, without trainers."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            arguments, environment = (path / "cmdline").read_bytes().split(b"\0"), (path / "environ").read_bytes()
        except OSError:
            continue
        is_app = arguments[: len(PROGRAM)] == [part.encode() for part in PROGRAM] and b"train" not in arguments
        if is_app and str(root).encode() in environment:
            found.append(int(path.name))
    return found


def check_survived(run: RunFolder) -> None:
    """Check that the app ends soon and the trainer continues."""
    end = time.monotonic() + GONE_WITHIN
    while processes := app_processes(run.path.parent):
        assert time.monotonic() < end, f"the app is still running: {processes}"
        time.sleep(0.1)
    step = last_step(run)
    wait_until(lambda: last_step(run) > step + 50)
    assert run.is_training()


def test_a_killed_connection_ends_the_app_and_not_the_training(
    server: Server, variables: dict[str, str], root: Path
) -> None:
    run = RunFolder(root / "baseline-001")
    with training(server, variables, run) as link:
        assert len(app_processes(root)) == 1
        link.process.kill()
        check_survived(run)


def test_a_stalled_then_killed_connection_ends_the_app_and_not_the_training(
    server: Server, variables: dict[str, str], root: Path
) -> None:
    run = RunFolder(root / "baseline-001")
    with training(server, variables, run) as link:
        link.process.send_signal(signal.SIGSTOP)
        time.sleep(3)
        link.process.kill()
        check_survived(run)


def test_a_run_is_watched_from_afar_and_fetched_without_a_shared_folder(
    server: Server, variables: dict[str, str], root: Path, tmp_path: Path
) -> None:
    far, near = RunFolder(root / "far"), RunFolder(tmp_path / "near" / "far")
    near.path.mkdir(parents=True)
    ssh = [word for word in server.command if word != "-tt"]
    remote = ["env", *(f"{name}={value}" for name, value in variables.items()), *PROGRAM]
    with near.events.open("wb") as file:
        watching = subprocess.Popen([*ssh, *remote, "train", "--name", "far", "--json", "--epochs", "999"], stdout=file)
        wait_until(lambda: near.events.stat().st_size and events(near, "evaluated"), 120)
        assert summarize(near).epochs
        watching.kill()
        watching.wait()
    wait_until(lambda: not far.is_training(), 60)
    assert events(far, "run_ended")[0]["reason"] == "stopped"
    with subprocess.Popen([*ssh, "tar", "-C", str(root), "-c", "far"], stdout=subprocess.PIPE) as sending:
        subprocess.run(["tar", "-C", str(near.path.parent), "-x"], stdin=sending.stdout, check=True)
    assert near.is_resumable()
    assert last_step(near) == last_step(far)


def _wait_for_port(port: int) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < end, "sshd does not listen"
            time.sleep(0.05)
