"""Requests to the process of networks, and their answers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emnist_tui.analysis.network.forward import compute_logits, examine, forward
from emnist_tui.analysis.network.opening import open_network
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.tui.session.network_server import DataOf, NetworkServer, Request
from tests.support.emnist_files import draw_arrows, write_archive
from tests.support.frame_server import server_of, wait_for
from tests.support.process import environment
from tests.support.project import PROJECT

BASELINE = PROJECT / "checkpoints" / "baseline-synthetic.pt"
DIGIT = """answer = Frame({"label": 3, "index": request.content["index"], "split": "test", "count": 9, "data": "d",
        "fingerprint": ""}, {"image": __import__("numpy").zeros((28, 28), "u1")})"""


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[NetworkServer]:
    found = NetworkServer(server_of(getattr(request, "param", DIGIT)))
    yield found
    found.close()


def done(server: NetworkServer, request: Request[Any]) -> Any:
    """Wait for a request and return its answer."""

    def happened() -> bool:
        server.update()
        return request.is_done

    wait_for(happened)
    return request.answer


def test_a_request_waits_and_is_answered(server: NetworkServer) -> None:
    noted: list[Request[Any]] = []
    request = server.digit(DataOf(checkpoint=BASELINE), "test", 5)
    request.on_done = noted.append
    assert not request.is_done
    assert request.status == "reading the digit …  0 s"
    found = done(server, request)
    assert (found.index, found.label, found.count) == (5, 3, 9)
    assert (request.status, request.problem, noted) == ("", "", [request])
    assert not server.update()


def test_a_newer_request_replaces_one_that_waits(server: NetworkServer) -> None:
    first, second, third = (server.digit(DataOf(), "test", index) for index in (1, 2, 3))
    assert (first.is_dropped, second.is_dropped, third.is_dropped) == (False, True, False)
    assert done(server, third).index == 3
    assert first.answer
    assert first.answer.index == 1
    assert (second.is_done, second.status) == (False, "")


@pytest.mark.parametrize(
    "server", ['answer = Frame({"error": "It is \\x1b[31mred; stop.", "network": "/net.py:Net"})'], indirect=True
)
def test_an_error_is_a_sentence_that_may_be_printed(server: NetworkServer) -> None:
    request = server.open(BASELINE)
    assert done(server, request) is None
    assert "\x1b" not in request.problem
    assert request.problem.endswith("red; stop.")
    assert request.network_to_ask_for == "/net.py:Net"


@pytest.mark.parametrize("server", ["pass", 'answer = Frame({"nodes": [], "scale": [1]})'], indirect=True)
def test_an_answer_that_cannot_be_read_is_a_problem(server: NetworkServer) -> None:
    for request in (server.open(BASELINE), server.sample(DataOf())):
        done(server, request)
        assert request.problem.endswith("; try again.")


@pytest.mark.parametrize("server", ["sys.exit(1)"], indirect=True)
def test_a_request_after_the_end_of_the_process_starts_it_anew(server: NetworkServer) -> None:
    for _ in range(2):
        request = server.digit(DataOf(), "test", 1)
        done(server, request)
        assert "has ended" in request.problem


def test_a_closed_server_can_be_asked_again(server: NetworkServer) -> None:
    server.close()
    server.digit(DataOf(), "test", 1)
    server.close()
    assert done(server, server.digit(DataOf(), "test", 2)).index == 2


def test_the_real_process_reads_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(tmp_path / "gzip.zip", *draw_arrows(40, 0), *draw_arrows(20, 1))
    monkeypatch.setenv("EMNIST_TUI_DATA", str(tmp_path / "data"))
    server = NetworkServer()
    try:
        data = DataOf(source=str(tmp_path / "gzip.zip"))
        images, labels = draw_arrows(20, 1)
        found = done(server, server.digit(data, "test", 19))
        assert np.array_equal(found.image, images[19])
        assert found.label == labels[19]
        sample = done(server, server.sample(data))
        assert np.array_equal(sample.images, images)
        request = server.digit(data, "test", 20)
        done(server, request)
        assert "There is no image 20" in request.problem
        missing = server.open(tmp_path / "missing.pt", ForeignWeights(key="a"))
        done(server, missing)
        assert "There is no checkpoint" in missing.problem
        opened = done(server, server.open(BASELINE))
        expected = open_network(BASELINE)
        assert opened.network.graph == expected.network.graph
        passed = done(server, server.examine(expected.network, images[0], 3, checkpoint=BASELINE))
        for name, value in examine(expected.network, images[0], 3).gradients.items():
            np.testing.assert_allclose(passed.gradients[name], value, atol=1e-5)
        remote = server.remote(expected.network, checkpoint=BASELINE)
        np.testing.assert_allclose(remote.logits(images), compute_logits(expected.network, images), atol=1e-4)
        values = forward(expected.network, images[:1])
        for name, array in remote.values(images[:1]).items():
            np.testing.assert_allclose(array, values[name], atol=1e-4)
        server.close()
        with pytest.raises(EmnistTuiError, match="was closed"):
            remote.logits(images)
    finally:
        server.close()


def test_the_process_ends_with_the_app() -> None:
    code = (
        "import sys, time; from emnist_tui.tui.session.network_server import NetworkServer, DataOf; "
        "s = NetworkServer(); s.digit(DataOf(source='/nowhere'), 'test', 1)\n"
        "while not (s._worker and s._worker._process): time.sleep(0.01)\n"
        "print(s._worker._process.pid, flush=True); time.sleep(600)"
    )
    app = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment())
    assert app.stdout
    pid = int(app.stdout.readline())
    app.send_signal(signal.SIGKILL)
    app.wait()
    app.stdout.close()
    wait_for(lambda: not _is_alive(pid))


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.is_file() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
