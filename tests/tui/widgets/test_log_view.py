"""The scrolling lines of a log."""

import pytest
from rich.cells import cell_len

from emnist_tui.tui.session.log_line import Level, LogLine
from emnist_tui.tui.widgets.log_view import LogView
from tests.support.widget_app import WidgetApp

DAY = 86_400.0


def timed(number: int) -> list[LogLine]:
    return [LogLine(f"line {index}", time=60.0 * index) for index in range(number)]


async def test_times_are_shown_under_their_dates() -> None:
    view = LogView()
    app = WidgetApp(view)
    async with app.run_test(size=(60, 12)) as pilot:
        view.show([LogLine("first", time=3.0), LogLine("second", time=5.0), LogLine("later", time=DAY)])
        await pilot.pause()
        assert app.lines == ["1970-01-01", "00:00:03  first", "00:00:05  second", "1970-01-02", "00:00:00  later"]


async def test_the_view_follows_new_lines_until_the_user_scrolls_up() -> None:
    view = LogView()
    app = WidgetApp(view)
    async with app.run_test(size=(40, 10)) as pilot:
        view.focus()
        view.show(timed(50))
        await pilot.pause()
        assert "line 49" in app.text
        view.show(timed(60))
        await pilot.pause()
        assert "line 59" in app.text
        await pilot.press("k")
        view.show(timed(70))
        await pilot.pause()
        assert "line 58" in app.text
        assert "line 69" not in app.text
        await pilot.press("G")
        await pilot.pause(0.3)
        assert "line 69" in app.text


@pytest.mark.parametrize(
    ("keys", "shown", "hidden"),
    [
        (["g"], "1970-01-01", "line 49"),
        (["home"], "1970-01-01", "line 49"),
        (["g", "j", "j"], "line 1", "1970-01-01"),
        (["g", "down", "up"], "1970-01-01", "line 49"),
        (["pageup"], "line 35", "line 49"),
        (["g", "end"], "line 49", "line 1 "),
    ],
)
async def test_keys_scroll(keys: list[str], shown: str, hidden: str) -> None:
    view = LogView()
    app = WidgetApp(view)
    app.animation_level = "none"
    async with app.run_test(size=(40, 10)) as pilot:
        view.focus()
        view.show(timed(50))
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
        await pilot.pause()
        assert shown in app.text
        assert hidden not in app.text


@pytest.mark.parametrize("width", [10, 20, 60])
async def test_long_and_wide_lines_are_wrapped(width: int) -> None:
    view = LogView()
    app = WidgetApp(view)
    async with app.run_test(size=(width, 30)) as pilot:
        view.show([LogLine("word " * 20), LogLine("字" * 40), LogLine("x" * 90)])
        await pilot.pause()
        assert app.text.count("字") == 40
        assert app.text.count("word") == 20
        assert app.text.count("x") == 90
        assert all(cell_len(line) <= width for line in app.text.split("\n"))


async def test_hostile_text_is_shown_literally() -> None:
    view = LogView()
    app = WidgetApp(view)
    async with app.run_test(size=(60, 5)) as pilot:
        view.show([LogLine("\x1b[31mred\u202e [bold]b[/]", Level.ERROR)], "a note")
        await pilot.pause()
        assert "\\x1b[31mred\\u202e [bold]b[/]" in app.text
        assert "a note" in app.text


async def test_a_number_is_not_torn_from_its_unit() -> None:
    view = LogView()
    app = WidgetApp(view)
    async with app.run_test(size=(24, 5)) as pilot:
        view.show([LogLine("trained with 97.46 % on it")])
        await pilot.pause()
        assert app.lines == ["trained with 97.46 % on", "it"]
