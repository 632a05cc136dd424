"""Evaluations at the steps of a replay."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from emnist_tui.analysis import digit_sample
from emnist_tui.analysis.digit_sample import DigitSample
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.runs.follower import RunFollower
from emnist_tui.tui.session.replay import Replay
from emnist_tui.tui.session.step_evaluations import StepEvaluations
from tests.support.recordings import record
from tests.support.scripted_runs import write_run

SAMPLE = DigitSample(np.zeros((200, 28, 28), np.uint8), np.arange(200) % 10, np.arange(200))


class Server:
    """A process that answers at its second update."""

    def __init__(self, problem: str = "") -> None:
        self.request = SimpleNamespace(answer=None, problem="", status="reading …  0 s", is_done=False)
        self._problem = problem
        self._updates = 0
        self.is_closed = False

    def sample(self, data: Any) -> Any:
        assert data.fingerprint == "0123456789abcdef"
        return self.request

    def update(self) -> None:
        self._updates += 1
        if self._updates == 2:
            self.request.answer, self.request.problem = None if self._problem else SAMPLE, self._problem
            self.request.is_done = True

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def follower(tmp_path: Path) -> RunFollower:
    folder = write_run(tmp_path, "mine")
    record(folder.path, [1, 2, 3], apart=100)
    follower = RunFollower(folder)
    follower.poll()
    return follower


@pytest.fixture
def replay(follower: RunFollower) -> Iterator[Replay]:
    replay = Replay(follower)
    yield replay
    replay.close()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a sample on disk."""
    monkeypatch.setattr(digit_sample, "read_sample", lambda _: SAMPLE)


def finish(evaluations: StepEvaluations) -> tuple[int, int] | None:
    """Return the step shown, and the only class that is predicted there."""
    while evaluations.poll() is None or evaluations.status.startswith("computing"):
        time.sleep(0.001)
    step, found = evaluations.poll() or pytest.fail("nothing is shown")
    (predicted,) = set(found.predicted.tolist())
    return step, predicted


@pytest.mark.usefixtures("kept")
def test_the_evaluation_follows_the_replay(follower: RunFollower, replay: Replay) -> None:
    evaluations = StepEvaluations(follower, replay, lambda: pytest.fail("a process is started"))
    assert evaluations.poll() is None
    assert evaluations.status == ""
    for position in (0, 2, 1):
        replay.go(position)
        assert finish(evaluations) == (position * 100, position + 1)
    replay.go(2)
    assert (evaluations.poll() or pytest.fail("not kept"))[0] == 200
    assert evaluations.status == ""
    replay.go(None)
    assert evaluations.poll() is None


@pytest.mark.usefixtures("kept")
def test_of_a_replay_that_plays_two_a_second_are_shown(follower: RunFollower, replay: Replay) -> None:
    now = [0.0]
    evaluations = StepEvaluations(follower, replay, clock=lambda: now[0])
    for position in (1, 2, 0):
        replay.go(position)
        finish(evaluations)
    now[0] = 10.0
    replay.play(1e-9)
    shown = []
    for second, position in ((10.0, 1), (10.3, 2), (10.6, 2), (10.9, 1)):
        now[0] = second
        replay._show(position)
        shown.append((evaluations.poll() or pytest.fail("nothing is shown"))[0])
    assert shown == [100, 100, 200, 200]
    replay.go(0)
    assert (evaluations.poll() or pytest.fail("nothing is shown"))[0] == 0


@pytest.mark.usefixtures("kept")
def test_replaced_weights_of_a_step_are_evaluated_anew(follower: RunFollower, replay: Replay) -> None:
    evaluations = StepEvaluations(follower, replay)
    replay.go(1)
    assert finish(evaluations) == (100, 2)
    record(follower.folder.path, [1, 7, 3], apart=100)
    replay._look()
    assert finish(evaluations) == (100, 7)


@pytest.mark.usefixtures("kept")
def test_what_was_stopped_is_computed_again(follower: RunFollower, replay: Replay) -> None:
    evaluations = StepEvaluations(follower, replay)
    replay.go(1)
    evaluations.poll()
    replay.go(None)
    evaluations.poll()
    replay.go(1)
    assert finish(evaluations) == (100, 2)


def test_a_process_is_asked_for_the_digits_once(
    follower: RunFollower, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digit_sample, "read_sample", lambda _: None)
    server = Server()
    started = iter([server])
    evaluations = StepEvaluations(follower, replay, lambda: cast(Any, next(started)))
    replay.go(1)
    assert evaluations.poll() is None
    assert evaluations.status == "reading …  0 s"
    assert finish(evaluations) == (100, 2)
    assert server.is_closed
    replay.go(2)
    assert finish(evaluations) == (200, 3)


def test_why_there_are_no_digits_is_said(
    follower: RunFollower, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digit_sample, "read_sample", lambda _: None)
    evaluations = StepEvaluations(follower, replay, lambda: cast(Any, Server("The data is gone.")))
    replay.go(1)
    for _ in range(3):
        assert evaluations.poll() is None
    assert evaluations.status == "The data is gone."
    evaluations.close()


@pytest.mark.usefixtures("kept")
def test_a_network_that_numpy_cannot_compute_has_none(
    follower: RunFollower, replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = Graph((Node("x", UNKNOWN, (INPUT,), {"type": "Own"}),))
    monkeypatch.setattr(replay, "network", lambda: SimpleNamespace(graph=graph))
    evaluations = StepEvaluations(follower, replay)
    replay.go(1)
    assert evaluations.poll() is None
    assert "Only torch" in evaluations.status
