"""The dialog with a run's events and trainer.log."""

from pathlib import Path

import pytest

from emnist_tui.runs.events import CheckpointSaved
from emnist_tui.tui.screens.log import LogDialog
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import SCREENS, Terminal, live_run, opened_checkpoint, terminal


async def open_log(shown: Terminal) -> None:
    await shown.press("L")
    await shown.until(lambda: isinstance(shown.app.screen, LogDialog), "the log is open")


@pytest.mark.parametrize("size", [(60, 20), *slow([(80, 24), (120, 40)])])
async def test_tab_switches_between_the_events_and_the_messages(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = write_run(tmp_path, "mine")
    folder.log.write_text("emnist-tui: a message\n")
    async with terminal(tmp_path, RunSession(folder), size) as shown:
        await open_log(shown)
        await shown.shows("Log of mine", "finished at step 300, 36 s of training", "tab trainer.log · esc close")
        assert "a message" not in shown.text
        await shown.press("tab")
        await shown.shows("a message", "tab Events")
        assert "finished at" not in shown.text
        await shown.click_on("tab Events")
        await shown.shows("finished at")
        await shown.press("escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the log is closed")


@pytest.mark.parametrize("key", SCREENS)
async def test_the_log_opens_from_every_screen_and_closes_by_its_key(tmp_path: Path, key: str) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press(key)
        await open_log(shown)
        await shown.press("L")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the log is closed")


async def test_a_growing_log_is_followed(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await open_log(shown)
            await shown.press("tab")
            await shown.says("There is no trainer.log: only a trainer that the app started writes one.")
            folder.log.write_text("")
            folder.log.write_text("[bold]late\x1b[31m\n")
            await shown.shows("[bold]late\\x1b[31m")
            await shown.press("tab")
            log.write(CheckpointSaved(file="step-000123.pt", step=123))
            await shown.shows("saved step-000123.pt at step 123")


async def test_the_log_of_a_checkpoint_is_that_of_its_evaluation(tmp_path: Path) -> None:
    session = opened_checkpoint(tmp_path, tmp_path / "mine.pt", step=None, weights="ema", input_scaling="mnist")
    async with terminal(tmp_path / "runs", session, (120, 40)) as shown:
        await open_log(shown)
        await shown.shows("Log of mine.pt", "loaded mine.pt, weights ema, input scaling mnist")


async def test_the_log_on_runs_is_that_of_the_selected_run(tmp_path: Path, no_details: Path) -> None:
    write_run(tmp_path, "only")
    opened = write_run(tmp_path / "elsewhere", "opened")
    async with terminal(tmp_path, RunSession(opened)) as shown:
        await shown.press("4")
        await open_log(shown)
        await shown.shows("Log of only")
