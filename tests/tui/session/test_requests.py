"""Requests to the trainer: pending until it obeys."""

from pathlib import Path

import pytest

from emnist_tui.runs.control import ask_for_learning_rate
from emnist_tui.runs.events import (
    CheckpointFailed,
    CheckpointSaved,
    Event,
    LearningRateChanged,
    Paused,
    Resumed,
    RunEnded,
)
from emnist_tui.tui.session.requests import Request, requested_rate
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import batches, write_run
from tests.support.terminal import control, live_run

ENDED = RunEnded(reason="stopped", step=1, seconds=1.0, images_per_second=1.0)


@pytest.mark.parametrize(
    ("before", "request_", "obeyed"),
    [
        ([], Request.PAUSE, Paused(step=100)),
        ([Paused(step=100)], Request.UNPAUSE, Resumed(step=100)),
        ([], Request.SAVE, CheckpointSaved(file="step-000100.pt", step=100)),
        ([], Request.SAVE, CheckpointFailed(error="x", step=100)),
        ([], Request.STOP, ENDED),
        ([], Request.SAVE, ENDED),
    ],
)
def test_a_request_is_pending_until_it_is_obeyed(
    tmp_path: Path, before: list[Event], request_: Request, obeyed: Event
) -> None:
    with live_run(tmp_path) as (folder, log):
        for event in before:
            log.write(event)
        session = RunSession(folder)
        assert session.pending is None
        session.requests.make(request_)
        log.write(batches(2, 101, 102))
        session.poll()
        assert session.pending is request_
        log.write(obeyed)
        session.poll()
        assert session.pending is None


def test_a_request_to_a_run_without_a_trainer_is_not_pending(tmp_path: Path) -> None:
    session = RunSession(write_run(tmp_path))
    session.stop()
    assert control(session.follower.folder)["desired"] == "stop"
    assert session.pending is None


def test_a_new_trainer_has_received_no_request(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        session = RunSession(folder)
        session.stop()
        session.requests.clear()
        assert session.pending is None


def test_the_rate_requested_last_is_read_whoever_requested_it(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        session = RunSession(folder)
        assert (requested_rate(folder.control), session.requested_rate) == (None, None)
        ask_for_learning_rate(folder.control, 0.02)
        assert (requested_rate(folder.control), session.requested_rate) == (0.02, 0.02)
        log.write(LearningRateChanged(epoch=2, step=100, learning_rate=0.02))
        session.poll()
        assert (requested_rate(folder.control), session.requested_rate) == (0.02, None)
        ask_for_learning_rate(folder.control, 0.05)
        log.write(ENDED)
        session.poll()
        assert session.requested_rate is None, "no trainer is there to obey"
