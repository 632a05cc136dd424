"""The thread that talks to the process of networks."""

import numpy as np
import pytest

from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.frames import Frame
from emnist_tui.tui.session.server_worker import ServerWorker
from tests.support.frame_server import server_of, wait_for


def test_answers_come_in_order_with_phases_between() -> None:
    worker = ServerWorker(server_of('write_frame(sys.stdout.buffer, Frame({"phase": "loading"}))'))
    try:
        for number in range(2):
            worker.send(Frame({"number": number}, {"image": np.full(3, number, np.uint8)}))
        found = [wait_for(worker.poll) for _ in range(4)]
    finally:
        worker.kill()
    assert found[0] == found[2] == "loading"
    assert [frame.content["number"] for frame in found[1::2]] == [0, 1]
    assert found[3].arrays["image"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ('sys.exit("emnist-tui: Out of memory; close something.")', " (Out of memory; close something.)"),
        ("sys.exit(3)", ""),
        ('sys.stdout.buffer.write(b"text\\n"); sys.stdout.flush()', ""),
    ],
)
def test_a_process_that_ends_is_one_sentence_and_started_anew(steps: str, reason: str) -> None:
    worker = ServerWorker(server_of(steps))
    try:
        for _ in range(2):
            worker.send(Frame({}))
            error = wait_for(worker.poll)
            assert isinstance(error, EmnistTuiError)
            assert str(error) == f"The process that computes networks has ended{reason}; try again."
    finally:
        worker.kill()


def test_a_process_that_ended_between_two_requests_is_started_anew() -> None:
    worker = ServerWorker(server_of("write_frame(sys.stdout.buffer, answer); break"))
    try:
        for number in range(2):
            worker.send(Frame({"number": number}))
            assert wait_for(worker.poll).content["number"] == number
            process = worker._process
            assert process
            process.wait(30)
    finally:
        worker.kill()


def test_a_thread_may_wait_for_its_own_answer() -> None:
    worker = ServerWorker(server_of('write_frame(sys.stdout.buffer, Frame({"phase": "loading"}))'))
    worker.send(Frame({"number": 1}))
    answer = worker.ask(Frame({"number": 2}))
    assert answer
    assert answer.content["number"] == 2
    found = [wait_for(worker.poll) for _ in range(2)]
    assert found[0] == "loading"
    assert found[1].content["number"] == 1
    with pytest.raises(EmnistTuiError, match="wrong"):
        worker.ask(Frame({"error": "It is wrong; stop."}))
    assert worker.ask(Frame({}), lambda: True) is None
    worker.kill()
    assert worker.ask(Frame({})) is None


def test_a_process_that_cannot_be_started_is_one_sentence() -> None:
    def start(stderr: object) -> None:
        raise EmnistTuiError("It cannot be started; wait.")

    worker = ServerWorker(start)  # type: ignore[arg-type]
    worker.send(Frame({}))
    assert str(wait_for(worker.poll)) == "It cannot be started; wait."
    worker.kill()


def test_a_busy_process_is_killed_at_once() -> None:
    worker = ServerWorker(server_of("import time; time.sleep(600)"))
    worker.send(Frame({}))
    process = wait_for(lambda: worker._process)
    worker.kill()
    assert process.poll() is not None
    assert not worker._thread.is_alive()
