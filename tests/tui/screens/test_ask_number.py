"""Dialog that asks for one whole number."""

from pathlib import Path

from emnist_tui.tui.screens.ask_number import AskNumberDialog
from tests.support.terminal import terminal


async def test_a_number_in_its_range_is_the_answer(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        answers: list[int | None] = []
        shown.app.push_screen(AskNumberDialog("Title", "Some [text].", "How many?", 3, 40), answers.append)
        await shown.shows("Title", "Some [text].", "How many? 3")
        for typed in ("0", "41"):
            await shown.press("ctrl+u", *typed, "enter")
            await shown.shows("Write a number from 1 to 40.")
        await shown.press("ctrl+u", "4", "0")
        await shown.hides("Write a number")
        await shown.press("enter")
        assert answers == [40]


async def test_escape_gives_no_answer(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        answers: list[int | None] = []
        shown.app.push_screen(AskNumberDialog("Title", "Text.", "How many?", 3, 40), answers.append)
        await shown.shows("Title")
        await shown.press("escape")
        assert answers == [None]
