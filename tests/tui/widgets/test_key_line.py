"""Footer: whole keys at any width, clicks on them, and drawing only after a change."""

from collections.abc import Sequence
from typing import ClassVar

import pytest
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from emnist_tui.tui.terminal.ascii_filter import AsciiFilter
from emnist_tui.tui.widgets.key_line import KEPT_LONGEST, KeyLine
from tests.support.widget_app import WidgetApp


class KeyApp(WidgetApp):
    """Three ordinary keys, `stop` among them, and the two that stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "New run"),
        Binding("x", "stop", "Stop"),
        Binding("s", "save", "Save now", tooltip="Save a checkpoint"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]
    can_stop = True

    def __init__(self, kept: tuple[str, ...] = KEPT_LONGEST) -> None:
        self.footer = KeyLine(kept)
        self.run_actions: list[str] = []
        super().__init__(self.footer)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (True if self.can_stop else None) if action == "stop" else True

    async def run_action(self, action: str, *_: object, **__: object) -> bool:  # type: ignore[override]
        self.run_actions.append(action)
        return True

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


async def test_a_screen_says_which_keys_stay() -> None:
    app = KeyApp(("stop", "quit"))
    for width, expected in ((16, ["x Stop", "q Quit"]), (8, ["x Stop"])):
        async with app.run_test(size=(width, 5)) as pilot:
            await pilot.pause()
            assert app.keys == expected
        app = KeyApp(("stop", "quit"))


async def test_disabled_keys_are_omitted_first() -> None:
    app = KeyApp()
    async with app.run_test(size=(40, 5)) as pilot:
        app.can_stop = False
        app.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        assert app.keys == ["n New run", "s Save now", "? Help", "q Quit"]


async def test_unchanged_keys_are_not_drawn_again() -> None:
    app = KeyApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        drawn = record_refreshes(app.footer)
        app.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        assert drawn == []
        app.can_stop = False
        app.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        assert len(drawn) == 1


@pytest.mark.parametrize("label", LABELS)
async def test_a_click_on_a_key_or_its_words_presses_the_key(label: str) -> None:
    app = KeyApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        start = app.text.split("\n")[-1].index(label)
        for x in (start, start + 2, start + len(label) - 1):
            await pilot.click(offset=(x, 4))
        await pilot.pause()
        assert app.run_actions == [label.split()[1].lower()] * 3


async def test_a_click_between_or_after_the_keys_presses_none() -> None:
    app = KeyApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        foot = app.text.split("\n")[-1]
        for x in (foot.index("n New run") + len("n New run"), foot.index("q Quit") + len("q Quit"), 70):
            await pilot.click(offset=(x, 4))
        await pilot.pause()
        assert app.run_actions == []


async def test_a_click_on_a_disabled_key_rings_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    app = KeyApp()
    rung: list[None] = []
    monkeypatch.setattr(app, "bell", lambda: rung.append(None))
    async with app.run_test(size=(80, 5)) as pilot:
        app.can_stop = False
        app.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        await pilot.click(offset=(app.text.split("\n")[-1].index("x Stop"), 4))
        await pilot.pause()
        assert app.run_actions == []
        assert len(rung) == 1


async def test_disabled_keys_are_dim_and_the_others_bold() -> None:
    app = KeyApp()
    async with app.run_test(size=(80, 5)) as pilot:
        app.can_stop = False
        app.refresh_bindings()
        await pilot.pause()
        await pilot.pause()
        styles = {segment.text: segment.style for segment in app.footer.render_line(0) if segment.style}
        assert styles["n"].bold
        assert not styles["n"].dim
        assert not styles[" New run"].bold
        assert styles["x"].dim
        assert styles[" Stop"].dim


async def test_the_key_under_the_pointer_is_highlighted_and_explained() -> None:
    app = KeyApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        plain = backgrounds(app.footer)
        await pilot.hover(offset=(app.text.split("\n")[-1].index("Save"), 4))
        await pilot.pause()
        highlighted = backgrounds(app.footer)
        changed = [column for column, color in enumerate(plain) if highlighted[column] != color]
        start = app.text.split("\n")[-1].index("s Save now")
        assert changed == [*range(start, start + len("s Save now"))]
        assert app.footer.tooltip == "Save a checkpoint"
        await pilot.hover(offset=(0, 0))
        await pilot.pause()
        assert backgrounds(app.footer) == plain
        assert app.footer.tooltip is None


GROUP = Binding.Group("Judge", compact=True)
WIDE_GROUP = Binding.Group("Epoch")


class GroupApp(KeyApp, inherit_bindings=False):
    """Three keys that are named together, and the two that stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "new", "Wrong label", group=GROUP),
        Binding("a", "stop", "Ambiguous", group=GROUP),
        Binding("left_square_bracket", "save", "Fault", group=GROUP, key_display="["),
        *KeyApp.BINDINGS[-2:],
    ]


async def test_the_keys_of_a_group_share_their_words() -> None:
    app = GroupApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        foot = app.text.split("\n")[-1]
        assert foot.rstrip() == "wa[ Judge ? Help q Quit"
        for x in range(6):
            await pilot.click(offset=(x, 4))
        await pilot.pause()
        assert app.run_actions == ["new", "stop", "save"]


@pytest.mark.parametrize(("width", "shows_group"), [(23, True), (22, False)])
async def test_a_group_is_shown_as_a_whole_or_not_at_all(width: int, shows_group: bool) -> None:
    app = GroupApp()
    async with app.run_test(size=(width, 5)) as pilot:
        await pilot.pause()
        foot = app.text.split("\n")[-1].rstrip()
        assert foot == ("wa[ Judge ? Help q Quit" if shows_group else "? Help q Quit")


class WideGroupApp(KeyApp, inherit_bindings=False):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "new", "Previous", group=WIDE_GROUP, key_display="["),
        Binding("right_square_bracket", "stop", "Next", group=WIDE_GROUP, key_display="]"),
        *KeyApp.BINDINGS[-2:],
    ]


@pytest.mark.parametrize(("width", "shows_group"), [(23, True), (22, False)])
async def test_the_keys_of_a_wide_group_are_apart(width: int, shows_group: bool) -> None:
    app = WideGroupApp()
    async with app.run_test(size=(width, 5)) as pilot:
        await pilot.pause()
        foot = app.text.split("\n")[-1].rstrip()
        assert foot == ("[ ] Epoch ? Help q Quit" if shows_group else "? Help q Quit")
        if shows_group:
            for x in range(10):
                await pilot.click(offset=(x, 4))
            await pilot.pause()
            assert app.run_actions == ["new", "stop"]


class AsciiApp(KeyApp, inherit_bindings=False):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("left", "new", "Back…", key_display="←")]

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), AsciiFilter()]


async def test_every_character_has_an_ascii_form() -> None:
    app = AsciiApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        assert app.text.split("\n")[-1].rstrip() == "< Back."


def backgrounds(footer: KeyLine) -> list[str]:
    """Background color of every cell."""
    return [str(segment.style and segment.style.bgcolor) for segment in footer.render_line(0) for _ in segment.text]


def record_refreshes(footer: KeyLine) -> list[None]:
    """Record the requests to draw the footer, which are then not met."""
    drawn: list[None] = []
    footer.refresh = lambda *_, **__: drawn.append(None)  # type: ignore[method-assign, assignment]
    return drawn
