"""The key that opens a digit inside the network: where it works, and what it keeps."""

from pathlib import Path

import pytest

from emnist_tui.tui.screens.way_inside import WayInside
from emnist_tui.tui.session.run_session import RunSession
from tests.support.recorded_runs import recorded_run
from tests.support.scripted_runs import answered, write_run
from tests.support.terminal import terminal


@pytest.mark.parametrize("screen", ["2", "3"])
async def test_the_key_needs_a_mistake(tmp_path: Path, screen: str) -> None:
    folder = write_run(tmp_path, epochs=1)
    answered([1, 2, 3], [1, 2, 3]).save(folder.path / "evaluation-epoch-001.npz")
    async with terminal(tmp_path, RunSession(folder)) as shown:
        await shown.press(screen)
        assert shown.keys["i"] == ("look_inside", False)
        await shown.press("i")
        await shown.shows("Inside: ")
        assert shown.app.current_mode != "inside"


@pytest.mark.parametrize("screen", ["2", "3"])
async def test_the_key_keeps_the_digit_and_shows_the_screen(tmp_path: Path, screen: str) -> None:
    opened = RunSession(recorded_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press(screen)
        assert shown.keys["i"] == ("look_inside", True)
        way = shown.app.screen
        assert isinstance(way, WayInside)
        digit = way.digit_inside
        assert digit
        await shown.press("i")
        assert shown.app.current_mode == "inside"
        assert opened.review.looked_at
        assert opened.review.looked_at[0].index == digit.index


async def test_the_network_is_that_of_the_selected_evaluation(tmp_path: Path) -> None:
    opened = RunSession(recorded_run(tmp_path))
    async with terminal(tmp_path, opened) as shown:
        await shown.press("3", "i")
        assert opened.replay.step_shown is None
        await shown.press("2", "left_square_bracket", "i")
        assert shown.app.current_mode == "inside"
        assert opened.replay.step_shown == 200
