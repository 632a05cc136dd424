"""The question that is answered by yes or no."""

import pytest
from textual.app import App

from emnist_tui.tui.screens.confirm import ConfirmDialog


@pytest.mark.parametrize(
    ("keys", "is_final", "answer"),
    [
        (("y",), False, True),
        (("n",), False, False),
        (("escape",), False, False),
        (("q",), False, False),
        (("enter",), False, True),
        (("enter",), True, False),
        (("left", "enter"), True, True),
        (("right", "enter"), False, False),
    ],
)
async def test_keys_answer_and_a_final_yes_needs_to_be_chosen(
    keys: tuple[str, ...], is_final: bool, answer: bool
) -> None:
    app: App[None] = App()
    answers: list[bool | None] = []
    async with app.run_test(size=(60, 20)) as pilot:
        dialog = ConfirmDialog("Delete", "[b]really[/b] \x1b?", "Delete", "Keep", is_final=is_final)
        app.push_screen(dialog, answers.append)
        await pilot.pause()
        text = "\n".join(strip.text for strip in dialog._compositor.render_strips())
        assert "[b]really[/b] \\x1b?" in text
        await pilot.press(*keys)
        await pilot.pause()
    assert answers == [answer]
