"""Text in a widget's border: repainted after a change, and told of another width."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from emnist_tui.tui.widgets.border import Framed, write_on_border
from tests.support.widget_app import WidgetApp


async def test_markup_in_names_is_shown_as_text() -> None:
    widget = Static()
    widget.styles.border = ("round", "white")
    app = WidgetApp(widget)
    async with app.run_test(size=(40, 5)) as pilot:
        write_on_border(widget, "run [b]1[/b]", "9 → 4")
        await pilot.pause()
        assert "run [b]1[/b]" in app.text
        assert "9 → 4" in app.text


async def test_unchanged_text_does_not_repaint(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = Static()
    app = WidgetApp(widget)
    async with app.run_test():
        write_on_border(widget, "a [b]", "b")
        repainted: list[object] = []
        monkeypatch.setattr(widget, "refresh", lambda *regions, **_: repainted.append(regions))
        write_on_border(widget, "a [b]", "b")
        assert repainted == []
        write_on_border(widget, "a [b]", "c")
        assert repainted


class Fitted(App[None]):
    """Container whose border tells its width."""

    def compose(self) -> ComposeResult:
        yield Framed()

    def on_border_resized(self) -> None:
        frame = self.query_one(Framed)
        frame.border_title = str(frame.size.width)


async def test_the_border_of_a_frame_is_written_for_each_width() -> None:
    async with Fitted().run_test(size=(40, 10)) as pilot:
        frame = pilot.app.query_one(Framed)
        await pilot.pause()
        assert frame.border_title == "40"
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert frame.border_title == "60"
