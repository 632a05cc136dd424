"""Screen 2, Confusion, in step with the replay of a run."""

from pathlib import Path

import numpy as np
import pytest

from emnist_tui.analysis import digit_sample
from emnist_tui.analysis.digit_sample import DigitSample
from emnist_tui.tui.session.run_session import RunSession
from tests.support.recordings import record
from tests.support.scripted_runs import write_run
from tests.support.terminal import terminal

SAMPLE = DigitSample(np.zeros((2000, 28, 28), np.uint8), np.arange(2000) % 10, np.arange(2000))


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunSession:
    """Open a run of three frames, which predict every digit as 1, 2 and 3."""
    monkeypatch.setattr(digit_sample, "read_sample", lambda _: SAMPLE)
    folder = write_run(tmp_path)
    record(folder.path, [1, 2, 3], apart=100)
    return RunSession(folder)


async def test_the_matrix_is_that_of_the_step(tmp_path: Path, session: RunSession) -> None:
    async with terminal(tmp_path, session, (120, 40)) as shown:
        await shown.press("2")
        await shown.shows("epoch 3 of 3")
        assert "esc" not in shown.text
        session.replay.go(1)
        await shown.shows("2,000 test digits · step 100 · accuracy 10.0 % · counts · esc: epochs", "8.8–11.4 %")
        await shown.press("right_square_bracket")
        await shown.shows("step 200", "0 predicted as 3   200")
        await shown.press("left_square_bracket", "left_square_bracket")
        await shown.shows("step 0", "0 predicted as 1   200")
        await shown.press("escape")
        await shown.shows("epoch 3 of 3")
        assert session.replay.position is None


async def test_why_a_step_has_no_matrix_is_said(
    tmp_path: Path, session: RunSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session.replay, "network", lambda: None)
    async with terminal(tmp_path, session, (120, 40)) as shown:
        await shown.press("2")
        await shown.shows("epoch 3 of 3")
        session.replay.go(1)
        monkeypatch.setattr(type(session.replay), "problem", "The recording is damaged.")
        await shown.shows("The recording is damaged.")
        await shown.press("escape")
        await shown.shows("epoch 3 of 3")
