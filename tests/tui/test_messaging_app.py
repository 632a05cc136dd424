"""Notifications in the message line, from markup to the screen."""

from pathlib import Path

import pytest
from textual.widgets._toast import Toast, ToastRack

from emnist_tui.tui.session.run_session import RunSession
from tests.support.scripted_runs import write_run
from tests.support.terminal import SCREENS, terminal


@pytest.mark.parametrize("key", [*SCREENS, "n", "question_mark", "ctrl+p"])
async def test_a_notification_is_no_toast_on_any_screen(tmp_path: Path, key: str) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        await shown.press(key)
        shown.app.notify("a notification")
        await shown.shows("a notification")
        assert not shown.app.screen.query(Toast)
        assert not shown.app.screen.query(ToastRack)


async def test_markup_and_lines_become_one_plain_sentence(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        shown.app.notify("Press [b]q[/b]\nto quit.", title="Leave?")
        await shown.shows("Leave? Press q to quit.")
        shown.app.messages.skip()
        shown.app.notify("[b]as it is", markup=False)
        await shown.shows("[b]as it is")


async def test_a_message_stays_on_the_next_screen(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        shown.app.notify("Saved it.", timeout=60)
        await shown.shows("Saved it.")
        await shown.press("2")
        await shown.until(lambda: shown.app.current_mode == "confusion", "another screen is shown")
        await shown.shows("Saved it.")


async def test_escape_has_its_usual_meaning_without_a_long_message(tmp_path: Path) -> None:
    async with terminal(tmp_path, RunSession(write_run(tmp_path))) as shown:
        assert "escape" not in shown.keys
        shown.app.notify("short")
        await shown.press("n", "escape")
        await shown.until(lambda: len(shown.app.screen_stack) == 1, "the form is closed")
