"""Keys of the replay on the Train screen."""

import time
from pathlib import Path

import numpy as np
import pytest

from emnist_tui.tui.session.run_session import RunSession
from tests.support.recordings import record
from tests.support.scripted_runs import write_run
from tests.support.terminal import opened_checkpoint, terminal


@pytest.fixture
def session(tmp_path: Path) -> RunSession:
    folder = write_run(tmp_path)
    record(folder.path, [1, 7, 7, 2], apart=50)
    return RunSession(folder)


async def test_steps_are_walked_through_and_left(tmp_path: Path, session: RunSession) -> None:
    async with terminal(tmp_path, session, (120, 40)) as shown:
        await shown.shows("[ ] Step", "p Play")
        assert "esc" not in shown.text
        await shown.press("left_square_bracket", "left_square_bracket")
        await shown.shows("step 50", "esc Newest")
        await shown.press("right_square_bracket")
        await shown.shows("step 100")
        await shown.press("escape")
        await shown.hides("esc Newest")
        assert session.replay.position is None


async def test_a_replay_is_played_faster_and_stopped(tmp_path: Path, session: RunSession) -> None:
    record(session.follower.folder.path, [1] * 3000, apart=1)
    async with terminal(tmp_path, session, (120, 40)) as shown:
        await shown.press("p")
        await shown.shows("▶ ×1")
        await shown.press("p")
        await shown.shows("▶ ×2")
        await shown.press("right_square_bracket")
        await shown.hides("▶ ×2")
        assert (session.replay.speed, session.replay.position is None) == (0, False)


async def test_the_turns_of_a_digit_are_visited(tmp_path: Path, session: RunSession) -> None:
    async with terminal(tmp_path, session, (120, 40)) as shown:
        await shown.press("left_curly_bracket")
        assert session.replay.position is None
        session.replay.follow_digit(np.zeros((28, 28), np.uint8), 7)
        while session.replay.is_computing:
            time.sleep(0.001)
        await shown.press("left_curly_bracket")
        await shown.shows("step 150")
        await shown.press("left_curly_bracket")
        await shown.shows("step 50")


async def test_runs_without_a_recording_and_checkpoints_lack_the_keys(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (120, 40)) as shown:
        await shown.shows("finished")
        assert "Play" not in shown.text
        await shown.press("p", "left_square_bracket")
    session = opened_checkpoint(tmp_path, tmp_path / "mine.pt")
    async with terminal(tmp_path, session, (120, 40)) as shown:
        await shown.shows("mine.pt")
        assert "Play" not in shown.text
