"""Scrolled body of a long form."""

from textual.app import ComposeResult
from textual.widgets import Input

from emnist_tui.tui.widgets.new_run.form_body import FormBody
from tests.support.widget_app import WidgetApp


class FormApp(WidgetApp):
    def compose(self) -> ComposeResult:
        with FormBody():
            for number in range(20):
                yield Input(str(number))


async def test_page_keys_scroll_and_arrows_are_left_to_the_fields() -> None:
    app = FormApp()
    async with app.run_test(size=(40, 10)) as pilot:
        body = app.query_one(FormBody)
        await pilot.press("tab", "pagedown")
        await pilot.wait_for_scheduled_animations()
        assert body.scroll_offset.y > 0
        assert not body.can_focus
        assert "down" not in body._bindings.key_to_bindings
