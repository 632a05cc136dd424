"""Quitting while a run trains."""

from pathlib import Path

import pytest

from emnist_tui.runs.events import RunEnded
from emnist_tui.tui.screens.quit import QuitDialog
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.settings import SettingsFile
from tests.support.scripted_runs import write_run
from tests.support.terminal import control, live_run, terminal


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_quitting_an_ended_run_asks_nothing(tmp_path: Path, key: str) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press(key)
        await shown.left()
        assert shown.app.return_code == 0


async def test_quitting_without_a_run_asks_nothing(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.press("q")
        await shown.left()


async def test_quitting_during_training_asks(tmp_path: Path) -> None:
    with live_run(tmp_path, "run [b]x[/b] \x1b[7m"[:9] + "\x1b") as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q")
            await shown.shows("run [b]x[\\x1b is training", "Keep it running", "Stop and save", "Stay")
            assert "\x1b" not in shown.text


@pytest.mark.parametrize("keys", [["k"], ["enter"]])
async def test_keep_it_running_changes_nothing(tmp_path: Path, keys: list[str]) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q", *keys)
            await shown.left()
        assert control(folder) == {}


@pytest.mark.parametrize("keys", [["s"], ["right", "enter"]])
async def test_stop_and_save_waits_for_the_trainer(tmp_path: Path, keys: list[str]) -> None:
    with live_run(tmp_path) as (folder, log):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q", *keys)
            await shown.until(lambda: control(folder), "the trainer is asked to stop")
            assert control(folder)["desired"] == "stop"
            await shown.shows("Saving a checkpoint")
            assert shown.app.is_running
            log.write(RunEnded(reason="stopped", step=100, seconds=1.0, images_per_second=3200.0))
            assert shown.app.session
            shown.app.session.follower.folder.lock.unlink()  # as if its holder had let go
            await shown.left()


@pytest.mark.parametrize("keys", [["escape"], ["q"], ["left", "enter"]])
async def test_stay_changes_nothing(tmp_path: Path, keys: list[str]) -> None:
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q")
            await shown.until(lambda: isinstance(shown.app.screen, QuitDialog), "the dialog is open")
            await shown.press(*keys)
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the dialog is closed")
            assert shown.app.is_running
            assert control(folder) == {}


async def test_a_failed_stop_request_does_not_quit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("emnist_tui.tui.session.requests.ask_for", refuse)
    with live_run(tmp_path) as (folder, _):
        async with terminal(tmp_path, RunSession(folder)) as shown:
            await shown.press("q", "s")
            await shown.until(lambda: shown.notices, "a message is shown")
            assert shown.notices == ["The run's folder cannot be written (No space left on device)."]


async def test_the_quit_key_of_the_settings_stays_too(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('keys = { quit = "b" }\n')
    root = tmp_path / "runs"
    with live_run(root) as (folder, _):
        async with terminal(root, RunSession(folder), preferences=SettingsFile(tmp_path / "settings.toml")) as shown:
            await shown.press("b")
            await shown.until(lambda: isinstance(shown.app.screen, QuitDialog), "the dialog is open")
            await shown.press("b")
            await shown.until(lambda: len(shown.app.screen_stack) == 1, "the dialog is closed")
            assert shown.app.is_running
