"""Behavior shared by the screens: their smallest size, and the keys named in their texts."""

from pathlib import Path

import pytest
from textual.widgets import Static

from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from tests.support.scripted_runs import write_run
from tests.support.slow import slow
from tests.support.terminal import Terminal, live_run, terminal

CHANGED = {
    "new": "ctrl+n",
    "data": "ctrl+d",
    "test": "ctrl+e",
    "runs": "0",
    "help": "f2",
    "quit": "ctrl+k",
    "epoch-before": "b",
    "epoch-after": "l",
}


def changed_keys(tmp_path: Path) -> SettingsFile:
    path = tmp_path / "settings.toml"
    path.write_text("[keys]\n" + "".join(f'{name} = "{key}"\n' for name, key in CHANGED.items()))
    return SettingsFile(path)


async def test_a_window_that_is_too_small_shows_both_sizes(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.pilot.resize_terminal(30, 8)
        await shown.says("emnist-tui needs 60×20 cells; this window has 30×8.")
        await shown.pilot.resize_terminal(60, 20)
        await shown.hides("emnist-tui needs")


async def texts(shown: Terminal, mode: str) -> str:
    """Show a screen and return its text in one line."""
    shown.app.switch_mode(mode)
    await shown.until(lambda: shown.app.current_mode == mode, f"{mode} is shown")
    await shown.settle()
    return " ".join(shown.text.split())


async def test_texts_without_a_run_name_the_keys_of_the_settings(tmp_path: Path) -> None:
    async with terminal(tmp_path / "runs", preferences=changed_keys(tmp_path)) as shown:
        for mode, sentences in {
            "train": ("^n train a new network", "^d download"),
            "confusion": ("Press ^n to train a", "network or 0 to list the"),
            "errors": ("press ^n to train or 0 to list runs.",),
            "runs": ("Press ^n to train one.",),
        }.items():
            text = await texts(shown, mode)
            for sentence in sentences:
                assert sentence in text
            assert "f2 Help" in text
            assert "^k Quit" in text


@pytest.mark.parametrize("size", [(60, 20), *slow([(80, 24), (120, 40)])])
async def test_texts_without_an_evaluation_name_the_keys_of_the_settings(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = write_run(tmp_path / "runs", epochs=0)
    async with terminal(tmp_path / "runs", RunSession(folder), size, changed_keys(tmp_path)) as shown:
        assert "and no checkpoint to evaluate." in await texts(shown, "errors")
        folder.last_checkpoint.touch()
        await shown.says("press ^e to evaluate the run.")
        if size != (60, 20):  # where the matrix has all the room
            assert "Press ^e to evaluate the" in await texts(shown, "confusion")


async def test_the_footer_names_the_epoch_keys_of_the_settings(tmp_path: Path) -> None:
    opened = RunSession(write_run(tmp_path / "runs"))
    async with terminal(tmp_path / "runs", opened, (120, 40), changed_keys(tmp_path)) as shown:
        text = await texts(shown, "confusion")
        assert "b l Epoch" in text
        assert "[" not in shown.foot
        await shown.press("b")
        await shown.shows("epoch 2 of 3")
        await shown.press("c")
        await shown.says("b l A's epoch")
        await shown.says("{ } B's epoch")


async def test_the_footer_names_the_default_epoch_keys(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press("2")
        await shown.says("[ ] Epoch")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_lines_of_empty_screens_are_not_cut(tmp_path: Path, size: tuple[int, int]) -> None:
    with live_run(tmp_path, epochs=0) as (folder, _):
        async with terminal(tmp_path, size=size) as shown:
            for opened in (None, RunSession(write_run(tmp_path, "ended", epochs=0)), RunSession(folder)):
                if opened:
                    shown.app.open(opened, "errors")
                await shown.press("3")
                line = shown.app.screen.query_one("#filter-line", Static)
                assert len(str(line.content)) <= line.content_size.width
