"""The form for name, tags and note; what follows from it is tested in test_run_changes.py."""

from pathlib import Path

from textual.app import App
from textual.widgets import Input

from emnist_tui.runs.about import About
from emnist_tui.tui.screens.edit_run import Edited, EditRunDialog


async def edited(dialog: EditRunDialog, **values: str) -> list[Edited | None]:
    app: App[None] = App()
    answers: list[Edited | None] = []
    async with app.run_test(size=(60, 20)) as pilot:
        app.push_screen(dialog, answers.append)
        await pilot.pause()
        for name, value in values.items():
            dialog.query_one(f"#{name}", Input).value = value
        await pilot.press("enter")
        await pilot.pause()
    return answers


async def test_fields_are_filled_in_and_returned(tmp_path: Path) -> None:
    about = About(("a", "b"), "two\nlines")
    assert await edited(EditRunDialog(tmp_path / "run", about)) == [Edited("run", ("a", "b"), "two lines")]


async def test_values_are_stripped(tmp_path: Path) -> None:
    answer = await edited(EditRunDialog(tmp_path / "run", About()), name=" new ", tags=" a, b ", note=" x ")
    assert answer == [Edited("new", ("a", "b"), "x")]


async def test_a_name_that_is_odd_already_may_stay(tmp_path: Path) -> None:
    """Folders made by hand have names that a new run could not take; their tags are edited all the same."""
    assert await edited(EditRunDialog(tmp_path / "odd name", About()), tags="a") == [Edited("odd name", ("a",), "")]


async def test_an_invalid_value_is_not_returned(tmp_path: Path) -> None:
    assert await edited(EditRunDialog(tmp_path / "run", About()), name="a/b") == []


async def test_a_checkpoint_has_a_name_only(tmp_path: Path) -> None:
    dialog = EditRunDialog(tmp_path / "a.pt", None)
    assert await edited(dialog, name="b.pt") == [Edited("b.pt", (), "")]
