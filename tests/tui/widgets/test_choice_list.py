"""Framed list: choosing a line, and paging without room."""

from textual.widgets import OptionList
from textual.widgets.option_list import Option

from emnist_tui.tui.widgets.choice_list import ChoiceList, can_act, choose
from tests.support.widget_app import WidgetApp


class ListApp(WidgetApp):
    """A list of three lines, the last of them disabled."""

    def __init__(self) -> None:
        self.list = ChoiceList("first", "second", Option("third", disabled=True))
        self.chosen: list[int] = []
        super().__init__(self.list)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.chosen.append(event.option_index)


async def test_choose_selects_an_enabled_line_only() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        for index in (1, 2, 3, None):
            choose(app.list, index)
        await pilot.pause()
        assert app.chosen == [1]
        assert app.list.highlighted == 1


async def test_enter_chooses_the_line_under_the_cursor() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        app.list.focus()
        await pilot.press("home", "down", "enter")
        assert app.chosen == [1]


async def test_paging_is_disabled_without_room_for_a_line() -> None:
    app = ListApp()
    async with app.run_test(size=(30, 10)) as pilot:
        assert can_act(app.list, "page_down")
        app.list.styles.height = 0
        await pilot.pause()
        assert not can_act(app.list, "page_down")
        assert can_act(app.list, "select")
        app.list.focus()
        await pilot.press("pagedown", "pageup")
