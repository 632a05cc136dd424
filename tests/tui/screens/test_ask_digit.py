"""Question for a digit: what is accepted, and what is answered to the rest."""

from pathlib import Path

import pytest

from emnist_tui.tui.screens.ask_digit import AskDigitDialog
from emnist_tui.tui.session.inside_digit import DigitPlace
from tests.support.terminal import terminal


@pytest.mark.parametrize(
    ("text", "found"),
    [("18", DigitPlace("validation", 18)), ("train 5", DigitPlace("train", 5)), ("", None), ("here.png", "here.png")],
)
async def test_an_answer_closes_the_dialog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: object
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.png").touch()
    answers: list[object] = []
    async with terminal(tmp_path / "runs") as shown:
        await shown.app.push_screen(AskDigitDialog("validation"), answers.append)
        await shown.shows("is a digit of the validation split")
        await shown.write(text)
        await shown.press("enter")
        assert answers == ([Path(found) if isinstance(found, str) else found] if found else [])
        await shown.press("escape")
        assert answers[-1:] == ([answers[0]] if found else [None])


async def test_a_path_that_is_no_file_is_refused_and_can_be_corrected(tmp_path: Path) -> None:
    async with terminal(tmp_path) as shown:
        await shown.app.push_screen(AskDigitDialog(""))
        await shown.shows("is a digit of the test split")
        await shown.write("[b]x")
        await shown.press("enter")
        await shown.shows("There is no file [b]x; write an index")
        await shown.write("y")
        await shown.shows("18 or #1,234")
