"""Footer: whole keys at any width, and recomposition only after a change."""

from typing import ClassVar

import pytest
from textual.binding import Binding, BindingType
from textual.widgets import Footer

from emnist_tui.tui.widgets.key_line import KeyLine
from tests.support.widget_app import WidgetApp


class KeyApp(WidgetApp):
    """Three ordinary keys, `stop` among them, and the two that stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New run"),
        Binding("x", "stop", "Stop"),
        Binding("s", "save", "Save now"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]
    can_stop = True

    def __init__(self) -> None:
        self.footer = KeyLine()
        super().__init__(self.footer)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (True if self.can_stop else None) if action == "stop" else True

    @property
    def keys(self) -> list[str]:
        """Labels in the footer, in their order."""
        foot = self.text.split("\n")[-1]
        return sorted((label for label in LABELS if label in foot), key=foot.index)


LABELS = ("n New run", "x Stop", "s Save now", "? Help", "q Quit")


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (80, LABELS),
        (41, LABELS),
        (40, ("n New run", "x Stop", "? Help", "q Quit")),
        (28, ("n New run", "? Help", "q Quit")),
        (15, ("? Help", "q Quit")),
    ],
)
async def test_keys_that_do_not_fit_are_omitted_from_the_right(width: int, expected: tuple[str, ...]) -> None:
    app = KeyApp()
    async with app.run_test(size=(width, 5)) as pilot:
        await pilot.pause()
        assert app.keys == list(expected)


async def test_disabled_keys_are_omitted_first() -> None:
    app = KeyApp()
    async with app.run_test(size=(40, 5)) as pilot:
        app.can_stop = False
        app.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        assert app.keys == ["n New run", "s Save now", "? Help", "q Quit"]


async def test_unchanged_keys_are_not_recomposed(monkeypatch: pytest.MonkeyPatch) -> None:
    app = KeyApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        recomposed: list[object] = []
        monkeypatch.setattr(Footer, "bindings_changed", lambda *_: recomposed.append(None))
        app.footer.bindings_changed(app.screen)
        assert recomposed == []
        app.can_stop = False
        app.footer.bindings_changed(app.screen)
        assert len(recomposed) == 1
