"""The replay of a run: stepped, played, and live."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis.network.network import Network
from emnist_tui.runs.events import RunEnded
from emnist_tui.runs.folder import RunFolder
from emnist_tui.runs.follower import RunFollower
from emnist_tui.tui.session import recorded_networks
from emnist_tui.tui.session.replay import Replay
from tests.support.recordings import answering, record, record_newest
from tests.support.scripted_runs import write_run
from tests.support.terminal import live_run

INK = np.zeros((28, 28), np.uint8)
ANSWERS = [1, 8, 7, 7, 2, 7]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def finished(tmp_path: Path, clock: Clock) -> Iterator[Replay]:
    """Open the replay of a finished run of six frames, 50 steps apart."""
    folder = write_run(tmp_path, "mine")
    record(folder.path, ANSWERS, apart=50)
    follower = RunFollower(folder)
    follower.poll()
    replay = Replay(follower, clock)
    yield replay
    replay.close()


def answer(network: Network | None) -> int | None:
    return None if network is None else int(np.argmax(network.weights["fc.bias"]))


def follow(replay: Replay, true: int | None = 7) -> None:
    replay.follow_digit(INK, true)
    while replay.is_computing:
        time.sleep(0.001)
    replay.poll()


def test_nothing_is_read_before_the_first_question(finished: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_networks.RecordedNetworks, "look", lambda *_, **__: pytest.fail("read"))
    assert not finished.poll()
    assert (finished.position, finished.version, finished.turns, finished.predicted) == (None, 0, (), ())


def test_the_last_frame_of_a_finished_run_is_shown_first(finished: Replay) -> None:
    assert finished.steps == (0, 50, 100, 150, 200, 250)
    assert (finished.position, finished.step_shown, answer(finished.network())) == (None, None, 7)
    assert (finished.step_before, answer(finished.before()), finished.problem) == (200, 2, "")


def test_frames_are_stepped_through_to_both_ends(finished: Replay) -> None:
    seen = []
    for by in (-1, -1, -3, -3, 1, 100, 1):
        finished.step(by)
        seen.append((finished.position, answer(finished.network())))
    assert seen == [(4, 2), (3, 7), (0, 1), (0, 1), (1, 8), (5, 7), (5, 7)]
    finished.go(None)
    assert finished.position is None


def test_the_epoch_before_the_position_is_compared_with(finished: Replay) -> None:
    seen = []
    for position in range(6):
        finished.go(position)
        seen.append(finished.step_before)
    assert seen == [None, 0, 0, 100, 100, 200]
    finished.go(0)
    assert finished.before() is None


def test_a_step_is_found_by_its_number(finished: Replay) -> None:
    for step, position in ((0, 0), (51, 2), (100, 2), (9999, 5), (-4, 0)):
        finished.go_to_step(step)
        assert finished.position == position


def test_a_replay_plays_to_its_end(finished: Replay, clock: Clock) -> None:
    finished.play(4)
    assert (finished.position, finished.speed) == (0, 4)
    clock.now += 0.6
    assert finished.poll()
    assert (finished.position, finished.step_shown) == (2, 100)
    assert not finished.poll()
    clock.now += 60
    finished.poll()
    assert (finished.position, finished.speed) == (5, 0)
    finished.play(4)
    assert finished.position == 0


def test_a_replay_is_stopped_and_played_on_faster(finished: Replay, clock: Clock) -> None:
    finished.go(1)
    finished.play(1)
    clock.now += 1
    finished.play(0)
    assert (finished.position, finished.speed) == (2, 0)
    clock.now += 10
    finished.poll()
    assert finished.position == 2
    finished.play(2)
    clock.now += 1
    finished.poll()
    assert finished.position == 4
    finished.step(-1)
    assert (finished.position, finished.speed) == (3, 0)


def test_playing_is_faster_with_each_press_and_stops_after_the_fastest(finished: Replay) -> None:
    paces = []
    for _ in range(5):
        finished.play_faster()
        paces.append(finished.pace)
    assert paces == ["▶ ×1", "▶ ×2", "▶ ×4", "▶ ×8", ""]


def test_a_recording_is_known_without_reading_it(finished: Replay, tmp_path: Path) -> None:
    assert finished.is_recorded
    assert finished._looked is None
    assert not Replay(RunFollower(write_run(tmp_path, "other"))).is_recorded


def test_turns_of_a_digit_are_found_and_visited(finished: Replay) -> None:
    follow(finished)
    assert finished.predicted == ANSWERS
    assert [(turn.step, turn.is_right) for turn in finished.turns] == [(100, True), (200, False), (250, True)]
    seen = []
    for by in (-1, -1, -1, -1, 1):
        found = finished.turn(by)
        seen.append((found, finished.position))
    assert seen == [(True, 5), (True, 4), (True, 2), (False, 2), (True, 4)]


def test_the_same_digit_is_followed_once(finished: Replay) -> None:
    follow(finished)
    version = finished.version
    finished.follow_digit(INK, 7)
    assert finished.version == version
    finished.follow_digit(INK.copy(), 7)
    assert finished.version > version


def test_a_renamed_run_is_replayed_on(finished: Replay) -> None:
    finished.go(1)
    old = finished._follower.folder.path
    finished._follower.move(RunFolder(old.rename(old.with_name("other"))))
    assert finished.poll()
    assert not finished.poll()
    finished.go(4)
    assert (answer(finished.network()), finished.problem) == (2, "")


def test_a_run_without_a_recording_says_so(tmp_path: Path) -> None:
    replay = Replay(RunFollower(write_run(tmp_path, "mine")))
    assert (replay.steps, replay.network(), replay.before(), replay.step_before) == ((), None, None, None)
    assert "no recorded weights" in replay.problem
    replay.step(-1)
    replay.play(4)
    replay.go_to_step(1)
    assert (replay.position, replay.speed) == (None, 0)
    replay.follow_digit(INK, 1)
    assert not replay.turn(1)


def test_a_live_run_is_followed_at_most_twice_a_second(tmp_path: Path, clock: Clock) -> None:
    with live_run(tmp_path) as (folder, log):
        writer = record(folder.path, [1, 2], apart=50)
        record_newest(folder.path, 60, 3)
        follower = RunFollower(folder)
        follower.poll()
        replay = Replay(follower, clock)
        assert (len(replay.steps), answer(replay.network()), replay.step_before) == (2, 3, 0)
        record_newest(folder.path, 110, 4)
        writer.add(100, answering(5))
        writer.flush()
        clock.now += 0.4
        assert not replay.poll()
        clock.now += 0.2
        assert replay.poll()
        assert (len(replay.steps), answer(replay.network()), replay.step_before) == (3, 4, 100)
        replay.step(-1)
        assert (replay.position, answer(replay.network())) == (2, 5)
        replay.step(1)
        assert (replay.position, answer(replay.network())) == (None, 4)
        replay.play(4)
        clock.now += 60
        replay.poll()
        assert (replay.position, replay.speed) == (None, 0)
        log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=1.0))
        writer.add(120, answering(6))
        writer.flush()
    follower._next_lock_check = 0
    follower.poll()
    assert replay.poll()
    assert (len(replay.steps), answer(replay.network())) == (4, 6)
    clock.now += 60
    assert not replay.poll()


def test_a_position_stays_at_its_step_when_frames_are_thinned(tmp_path: Path, clock: Clock) -> None:
    with live_run(tmp_path) as (folder, _):
        record(folder.path, [1, 2, 3, 4], apart=50)
        follower = RunFollower(folder)
        follower.poll()
        replay = Replay(follower, clock)
        replay.go(2)
        record(folder.path, [1, 3], apart=100)
        clock.now += 1
        replay.poll()
        assert (replay.position, replay.step_shown, answer(replay.network())) == (1, 100, 3)
