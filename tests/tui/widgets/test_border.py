"""Text in a widget's border: repainted only after a change."""

import pytest
from textual.widgets import Static

from emnist_tui.tui.widgets.border import write_on_border
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
