"""The input of a number."""

from textual.app import App, ComposeResult

from emnist_tui.tui.widgets.new_run.number_box import NumberBox


class _App(App[None]):
    def compose(self) -> ComposeResult:
        yield NumberBox("epochs", "40", "3")


async def test_space_keeps_the_number_that_typing_replaces() -> None:
    app = _App()
    async with app.run_test() as pilot:
        box = app.query_one(NumberBox)
        box.focus()
        await pilot.press("space")
        assert box.value == "40"
        await pilot.press("5", "space", "6")
        assert box.value == "56"
        assert (box.id, box.placeholder) == ("epochs", "3")
