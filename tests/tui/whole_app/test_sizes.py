"""Every screen and dialog at every size of the terminal, and in every theme."""

from pathlib import Path

import pytest

from emnist_tui.runs.events import StuckAtChance
from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.terminal import SCREENS, live_run, opened_checkpoint, terminal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "size"),
    [
        ("run", (20, 5)),
        ("run", (60, 20)),
        ("run", (80, 24)),
        ("run", (200, 60)),
        ("nothing", (20, 5)),
        ("checkpoint", (20, 5)),
    ],
)
async def test_every_screen_and_dialog_fits_every_size(tmp_path: Path, what: str, size: tuple[int, int]) -> None:
    opened = None
    if what == "run":
        opened = RunSession(write_run(tmp_path))
    elif what == "checkpoint":
        opened = opened_checkpoint(tmp_path, tmp_path / "a.pt")
    async with terminal(tmp_path, opened, size) as shown:
        for key, mode in SCREENS.items():
            await shown.press(key, "down", "right", "end", "pagedown")
            assert shown.app.current_mode == mode
            assert len(shown.text.split("\n")) == size[1]
        await shown.until(lambda: shown.app.messages.current() is None, "the answers to the keys are gone")
        for key in ("question_mark", "n", "ctrl+p"):
            await shown.press(key)
            await shown.until(lambda: len(shown.app.screen_stack) == 2, "a dialog is open")
            await shown.press("escape")
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the dialog is closed")


async def test_a_too_small_terminal_shows_the_needed_size(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (50, 15)) as shown:
        for key in SCREENS:
            await shown.press(key)
            await shown.shows("60×20")
        await shown.pilot.resize_terminal(60, 20)
        await shown.hides("60×20")


@pytest.mark.slow
async def test_no_key_in_the_footer_is_cut(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, log):
        folder.last_checkpoint.touch()
        log.write(StuckAtChance(epoch=2, step=1500, loss=2.303, seed=0))
        async with terminal(tmp_path, RunSession(folder)) as shown:
            for key in SCREENS:
                await shown.press(key)
                for width, height in ((60, 20), (80, 24), (120, 25)):
                    await shown.resize(width, height)
                    await shown.until(lambda: shown.foot.endswith("? Help q Quit"), "the last keys are shown")
                    assert "New" in shown.foot
                    assert len(shown.foot) <= width


async def test_unavailable_keys_make_room_first(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path)), (60, 20)) as shown:
        await shown.press("3")
        await shown.until(lambda: shown.foot.endswith("? Help q Quit"), "the last keys are there")
        assert shown.foot.startswith("i Inside / Filter o Sort w a f Judge n New")
        assert "Stop" not in shown.foot
        await shown.pilot.resize_terminal(120, 40)
        await shown.until(lambda: "x Stop" in shown.foot, "all keys are there")


@pytest.mark.slow
async def test_growing_and_shrinking_keeps_the_screens_whole(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        for key in SCREENS:
            await shown.press(key)
            for size in ((200, 60), (20, 5), (80, 24)):
                await shown.pilot.resize_terminal(*size)
                await shown.settle()
            assert "finished" in shown.header


@pytest.mark.slow
async def test_every_theme_paints_every_screen(tmp_path: Path) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            for theme in sorted(shown.app.available_themes):
                shown.app.theme = theme
                for key in SCREENS if theme.startswith(("ansi", "emnist")) else "1":
                    await shown.press(key)
                    assert "training" in shown.header
