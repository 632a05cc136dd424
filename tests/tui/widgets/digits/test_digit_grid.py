"""Grid of misclassified digits: paging, cursor, captions and repaints."""

from collections.abc import Sequence
from typing import overload

import pytest
from textual.geometry import Region

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from tests.support.digit_app import DigitApp, mistake


class CountedMistakes(Sequence[Mistake]):
    """Lazy mistakes that record the positions read."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.read: set[int] = set()

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, position: int) -> Mistake: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Mistake]: ...
    def __getitem__(self, position: int | slice) -> Mistake | Sequence[Mistake]:
        assert isinstance(position, int)
        if not 0 <= position < self.length:
            raise IndexError(position)
        self.read.add(position)
        return mistake(position)


@pytest.mark.parametrize(
    ("size", "tiles"), [((80, 24), 10), ((120, 40), 28), ((200, 60), 72), ((40, 12), 2), ((10, 4), 1), ((30, 16), 1)]
)
async def test_only_the_tiles_that_fit_are_read(size: tuple[int, int], tiles: int) -> None:
    grid, mistakes = DigitGrid(), CountedMistakes(36_000)
    app = DigitApp(grid)
    async with app.run_test(size=size) as pilot:
        grid.show(mistakes)
        await pilot.pause()
        assert grid.page == range(tiles)
        assert mistakes.read == set(range(tiles))
        assert all(grid.render_line(y).cell_length == size[0] for y in range(size[1]))
        await pilot.press("end")
        assert grid.cursor == 35_999
        assert 35_999 in grid.page
        assert len(mistakes.read) <= 2 * tiles


async def test_every_tile_has_a_caption_and_the_cursors_a_frame() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(80, 24)) as pilot:
        grid.show(CountedMistakes(2))
        await pilot.pause()
        rows = app.rows()
        assert rows[0].startswith("╭" + "─" * 14 + "╮ ")
        assert rows[8].startswith("╰─ #1,000 4→9 ─╯   #1,001 4→9")
        assert "@@" in rows[2]
        assert "".join(rows).count("╭") == 1
        await pilot.press("right")
        assert app.rows()[0].startswith(" " * 16 + "╭")


async def test_a_move_within_the_page_repaints_two_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(120, 40)) as pilot:
        grid.show(CountedMistakes(60))
        await pilot.pause()
        repainted: list[tuple[Region, ...]] = []
        refresh = grid.refresh

        def recording(*regions: Region) -> DigitGrid:
            repainted.append(regions)
            return refresh(*regions)

        monkeypatch.setattr(grid, "refresh", recording)
        grid.action_move(8)
        assert repainted == [(Region(0, 0, 16, 9), Region(16, 9, 16, 9))]
        await pilot.pause()
        shown = [strip.text for strip in app.screen._compositor.render_strips()]
        assert "╭" not in shown[0]
        assert shown[9][16] == "╭"
        grid.action_move_page(1)
        assert repainted[1:] == [()]


async def test_keys_move_the_cursor_and_stop_at_the_ends() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(120, 40)) as pilot:
        grid.show(CountedMistakes(75))
        await pilot.press(
            "left", "up", "right", "down", "down", "pagedown", "down", "up", "pageup", "end", "pagedown", "home"
        )
        assert app.highlighted == [0, 1, 8, 15, 43, 50, 43, 15, 74, 0]
        assert grid.page == range(28)
        await pilot.press("end")
        assert grid.page == range(56, 75)


async def test_a_click_moves_the_cursor() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(120, 40)) as pilot:
        grid.show(CountedMistakes(10))
        await pilot.pause()
        await pilot.click(offset=(35, 12))
        assert grid.cursor == 9
        await pilot.click(offset=(65, 12))
        assert grid.cursor == 9


async def test_other_digits_move_the_cursor_to_the_first() -> None:
    grid = DigitGrid("No mistakes here")
    app = DigitApp(grid)
    async with app.run_test(size=(80, 24)) as pilot:
        grid.show(CountedMistakes(9))
        await pilot.press("end")
        grid.show(CountedMistakes(3))
        await pilot.pause()
        assert grid.cursor == 0
        assert app.highlighted == [0, 8, 0]
        grid.show([])
        await pilot.press("right", "down", "pagedown", "end")
        assert grid.cursor == 0
        assert any("No mistakes here" in row for row in app.rows())
        assert app.highlighted == [0, 8, 0]


async def test_the_cursor_stays_visible_after_a_resize() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(200, 60)) as pilot:
        grid.show(CountedMistakes(100))
        grid.cursor = 50
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert 50 in grid.page
        assert "#1,050" in "".join(app.rows())


def test_every_key_has_a_description() -> None:
    assert all(binding.description for binding in DigitGrid.BINDINGS if not isinstance(binding, tuple))
