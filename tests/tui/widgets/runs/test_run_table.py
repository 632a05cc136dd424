"""The table of runs: what it draws again."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App, ComposeResult

from emnist_tui.runs.listing import Entry
from emnist_tui.runs.selection import Order
from emnist_tui.tui.widgets.runs.run_table import RunTable

ORDER = Order("created")


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield RunTable()


def entries(count: int) -> list[Entry]:
    return [Entry(f"run-{n}", Path(f"run-{n}"), "run", 0.0, "training", epoch=1, epochs=3) for n in range(count)]


async def test_a_change_draws_its_cells_and_not_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    async with TableApp().run_test(size=(120, 40)) as pilot:
        table = pilot.app.query_one(RunTable)
        rows = entries(20)
        table.show(rows, ORDER, (), None)
        cleared: list[bool] = []
        monkeypatch.setattr(table, "clear", lambda columns=False: cleared.append(columns))
        rows[3] = replace(rows[3], epoch=2)
        table.show(rows, ORDER, [rows[1].path], rows[2].path)
        assert cleared == []
        assert "2 of 3" in [str(cell) for cell in table.get_row_at(3)]
        assert "●" in str(table.get_row_at(1)[0])
        assert "▸" in str(table.get_row_at(2)[0])


async def test_the_cursor_stays_on_its_run_and_in_the_table() -> None:
    async with TableApp().run_test() as pilot:
        table = pilot.app.query_one(RunTable)
        rows = entries(5)
        table.show(rows, ORDER, (), None)
        table.move_to(rows[3].path)
        table.show(rows[::-1], ORDER, (), None)
        assert table.selected == rows[3]
        table.show(rows[:2], ORDER, (), None)
        assert table.selected in rows[:2]
        table.show([], ORDER, (), None)
        assert table.selected is None
        table.move_to(rows[0].path)


@pytest.mark.parametrize("key", ["j", "k", "g", "G", "up", "down", "home", "end", "pageup", "pagedown", "enter"])
async def test_no_key_selects_anything_in_an_empty_table(key: str) -> None:
    async with TableApp().run_test() as pilot:
        table = pilot.app.query_one(RunTable)
        for before in ([], entries(3)):
            table.show(before, ORDER, (), None)
            table.show([], ORDER, (), None)
            await pilot.press(key)
            assert table.selected is None
        table.show(entries(3), ORDER, (), None)
        assert table.selected in entries(3)


async def test_colors_follow_the_theme() -> None:
    async with TableApp().run_test() as pilot:
        table = pilot.app.query_one(RunTable)
        table.show(entries(1), ORDER, (), None)
        dark = table.get_row_at(0)[2].style
        pilot.app.theme = "nord"
        await pilot.pause()
        assert table.get_row_at(0)[2].style != dark
