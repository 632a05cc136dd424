"""Select box: values by key, by letter and by paste."""

from collections.abc import Sequence

from textual import events
from textual.app import App, ComposeResult

from emnist_tui.tui.widgets.new_run.choice_box import Choice, ChoiceBox


def choices() -> Sequence[Choice]:
    return [Choice("auto"), Choice("cpu"), Choice("cuda")]


class Boxes(App[None]):
    """A closed and an open box."""

    def compose(self) -> ComposeResult:
        yield ChoiceBox("closed", "auto", choices)
        yield ChoiceBox("open", "auto", choices, is_open=True)


async def test_letters_choose_and_steps_stop_at_the_ends() -> None:
    async with Boxes().run_test() as pilot:
        box = pilot.app.query_one("#closed", ChoiceBox)
        box.focus()
        for key, expected in [("left", "auto"), ("right", "cpu"), ("c", "cpu"), ("u", "cuda"), ("right", "cuda")]:
            await pilot.press(key)
            assert box.value == expected
        await pilot.press("backspace", "delete", "ctrl+w", "z")
        assert box.value == "cuda"


async def test_only_a_choice_is_pasted_into_a_closed_box_and_anything_into_an_open_one() -> None:
    async with Boxes().run_test() as pilot:
        closed, opened = pilot.app.query_one("#closed", ChoiceBox), pilot.app.query_one("#open", ChoiceBox)
        for text, expected in [("gpu", "auto"), (" cuda\n", "cuda")]:
            closed.post_message(events.Paste(text))
            await pilot.pause()
            assert closed.value == expected
        opened.focus()
        await pilot.pause()
        opened.post_message(events.Paste("/a b"))
        await pilot.pause()
        assert opened.value == "/a b"
        await pilot.press("x", "left", "backspace")
        assert opened.value == "/a x"
