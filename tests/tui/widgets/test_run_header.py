"""Header: tabs, state and facts of the open run at any width."""

from pathlib import Path

import pytest

from emnist_tui.tui.keymap import Keymap
from emnist_tui.tui.session.run_session import RunSession
from emnist_tui.tui.widgets.run_header import SCREENS, RunHeader
from tests.support.scripted_runs import write_run
from tests.support.widget_app import WidgetApp


class HeaderApp(WidgetApp):
    """A header whose tabs switch nothing but are recorded."""

    def __init__(self) -> None:
        self.header = RunHeader("train")
        self.switched: list[str] = []
        self.keys = Keymap()
        super().__init__(self.header)

    def action_show(self, mode: str) -> None:
        self.switched.append(mode)


async def test_the_header_names_screens_and_state(tmp_path: Path) -> None:
    app = HeaderApp()
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        tabs, facts = app.text.split("\n")[:2]
        assert tabs.split() == ["1", "Train", "2", "Confusion", "3", "Errors", "4", "Runs"]
        assert facts.strip() == "no run open"
        app.header.show(RunSession(write_run(tmp_path)))
        await pilot.pause()
        tabs, facts = app.text.split("\n")[:2]
        assert tabs.rstrip().endswith("● finished")
        assert facts.split("·")[0].strip() == "scripted"


@pytest.mark.parametrize(
    ("length", "facts"),
    [
        (17, "  ·  baseline  ·  synthetic digits  ·  cpu"),
        (23, " · baseline · synthetic digits · cpu"),
        (34, " · synthetic digits · cpu"),
        (40, " · synthetic digits"),
        (59, ""),
    ],
)
async def test_facts_that_do_not_fit_are_omitted(tmp_path: Path, length: int, facts: str) -> None:
    app = HeaderApp()
    async with app.run_test(size=(62, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path, "n" * length)))
        await pilot.pause()
        assert app.text.split("\n")[1].strip() == "n" * length + facts


async def test_a_name_that_does_not_fit_is_truncated(tmp_path: Path) -> None:
    app = HeaderApp()
    async with app.run_test(size=(62, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path, "n" * 60)))
        await pilot.pause()
        assert app.text.split("\n")[1].strip() == "n" * 58 + "…"


async def test_control_characters_of_a_name_are_escaped(tmp_path: Path) -> None:
    app = HeaderApp()
    async with app.run_test(size=(80, 5)) as pilot:
        app.header.show(RunSession(write_run(tmp_path, "a\x1b[31m[b]")))
        await pilot.pause()
        assert app.text.split("\n")[1].strip().startswith("a\\x1b[31m[b]")


async def test_tabs_name_the_keys_of_the_settings() -> None:
    app = HeaderApp()
    app.keys = Keymap({"runs": "f9"})
    async with app.run_test(size=(80, 5)) as pilot:
        await pilot.pause()
        tabs = app.text.split("\n")[0]
        assert "f9 Runs" in tabs
        assert "4 Runs" not in tabs
        await pilot.click(RunHeader, offset=(tabs.index("Runs") + 3, 0))
        await pilot.pause()
        assert app.switched == ["runs"]


async def test_a_click_on_a_tab_switches_the_screen() -> None:
    app = HeaderApp()
    async with app.run_test(size=(80, 5)) as pilot:
        for label in SCREENS.values():
            await pilot.click(RunHeader, offset=(app.text.split("\n")[0].index(label) + 1, 0))
        await pilot.click(RunHeader, offset=(3, 1))
        await pilot.click(RunHeader, offset=(75, 0))
        await pilot.pause()
        assert app.switched == list(SCREENS)
