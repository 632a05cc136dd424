"""The grid of misclassified digits and the view of one."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import pytest
from rich.color import ColorSystem
from textual.app import App, ComposeResult
from textual.geometry import Region

from emnist_tui.analysis.predictions import Mistake
from emnist_tui.tui.widgets.digits.digit_detail import DigitDetail
from emnist_tui.tui.widgets.digits.digit_grid import DigitGrid
from emnist_tui.tui.widgets.digits.digit_widget import DigitStyle, DigitWidget


def mistake(position: int) -> Mistake:
    """A 4 read as 9, with a bar whose place tells the position."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 2 + position % 20 : 6 + position % 20] = 255
    probabilities = np.array([0.001, 0.002, 0.003, 0.004, 0.1, 0.005, 0.005, 0.005, 0.005, 0.87])
    return Mistake(1_000 + position, 4, 9, probabilities, 2.303, image)


def is_bar(row: str) -> bool:
    return "%" in row and "margin" not in row


class CountedMistakes(Sequence[Mistake]):
    """As many as are asked for, made when they are looked at."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.looked_at: set[int] = set()

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
        self.looked_at.add(position)
        return mistake(position)


class DigitApp(App[None]):
    def __init__(self, widget: DigitWidget, color_system: ColorSystem = ColorSystem.TRUECOLOR) -> None:
        super().__init__()
        self.console._color_system = color_system
        self.widget = widget
        self.highlighted: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_digit_grid_digit_highlighted(self, message: DigitGrid.DigitHighlighted) -> None:
        self.highlighted.append(message.position)

    def rows(self) -> list[str]:
        return [self.widget.render_line(y).text for y in range(self.widget.size.height)]

    def painted_backgrounds(self) -> set[str]:
        segments: Iterator[str] = (
            str(segment.style.bgcolor)
            for y in range(self.widget.size.height)
            for segment in self.widget.render_line(y)
            if segment.style
        )
        return set(segments)


@pytest.mark.parametrize(
    ("size", "tiles"), [((80, 24), 2), ((120, 40), 8), ((200, 60), 18), ((40, 12), 2), ((10, 4), 1), ((30, 16), 1)]
)
async def test_as_many_tiles_as_fit_and_only_they_are_looked_at(size: tuple[int, int], tiles: int) -> None:
    grid, mistakes = DigitGrid(), CountedMistakes(36_000)
    app = DigitApp(grid)
    async with app.run_test(size=size) as pilot:
        grid.show(mistakes)
        await pilot.pause()
        assert grid.page == range(tiles)
        assert mistakes.looked_at == set(range(tiles))
        assert all(grid.render_line(y).cell_length == size[0] for y in range(size[1]))
        await pilot.press("end")
        assert grid.cursor == 35_999
        assert 35_999 in grid.page
        assert len(mistakes.looked_at) <= 2 * tiles


async def test_a_tile_has_its_caption_and_the_cursor_a_frame() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(80, 24)) as pilot:
        grid.show(CountedMistakes(2))
        await pilot.pause()
        rows = app.rows()
        assert rows[0].startswith("╭" + "─" * 28 + "╮ ")
        assert "╰─── #1,000  4→9  87.0 % ───" in rows[15]
        assert "#1,001  4→9  87.0 %" in rows[15]
        assert rows[3][3:7] == "@@@@"
        assert "".join(rows).count("╭") == 1
        await pilot.press("right")
        assert app.rows()[0].startswith(" " * 30 + "╭")


async def test_a_move_within_the_page_repaints_two_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(120, 40)) as pilot:
        grid.show(CountedMistakes(20))
        await pilot.pause()
        repainted: list[tuple[Region, ...]] = []
        refresh = grid.refresh

        def recording(*regions: Region) -> DigitGrid:
            repainted.append(regions)
            return refresh(*regions)

        monkeypatch.setattr(grid, "refresh", recording)
        grid.action_move(5)
        assert repainted == [(Region(0, 0, 30, 16), Region(30, 16, 30, 16))]
        await pilot.pause()
        shown = [strip.text for strip in app.screen._compositor.render_strips()]
        assert "╭" not in shown[0]
        assert shown[16][30] == "╭"
        grid.action_move_page(1)
        assert repainted[1:] == [()]


async def test_a_small_tile_has_a_short_caption() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(20, 9)) as pilot:
        grid.show(CountedMistakes(2))
        await pilot.pause()
        assert "#1,000 4→9" in app.rows()[8]
        assert "%" not in app.rows()[8]


async def test_keys_move_the_cursor_and_stop_at_the_ends() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(120, 40)) as pilot:
        grid.show(CountedMistakes(21))
        await pilot.press(
            "left", "up", "right", "down", "down", "pagedown", "down", "up", "pageup", "end", "pagedown", "home"
        )
        assert app.highlighted == [0, 1, 5, 9, 17, 13, 5, 20, 0]
        assert grid.page == range(8)
        await pilot.press("end")
        assert grid.page == range(16, 21)


async def test_a_click_moves_the_cursor() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(120, 40)) as pilot:
        grid.show(CountedMistakes(6))
        await pilot.pause()
        await pilot.click(offset=(35, 20))
        assert grid.cursor == 5
        await pilot.click(offset=(95, 20))
        assert grid.cursor == 5


async def test_other_digits_are_shown_from_the_first() -> None:
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


async def test_the_cursor_stays_in_sight_when_the_size_changes() -> None:
    grid = DigitGrid()
    app = DigitApp(grid)
    async with app.run_test(size=(200, 60)) as pilot:
        grid.show(CountedMistakes(100))
        grid.cursor = 50
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert 50 in grid.page
        assert "#1,050" in "".join(app.rows())


@pytest.mark.parametrize(
    ("size", "columns"), [((80, 29), 56), ((80, 24), 28), ((50, 20), 28), ((30, 28), 28), ((36, 14), 14), ((20, 12), 0)]
)
async def test_the_detail_draws_the_largest_digit_that_fits(size: tuple[int, int], columns: int) -> None:
    detail = DigitDetail()
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        detail.show(mistake(0))
        await pilot.pause()
        rows = app.rows()
        assert max(row.count("@") for row in rows) == round(columns * 4 / 28)
        text = "\n".join(rows)
        assert "true 4   predicted 9" in text
        assert all(len(row) == size[0] for row in rows)
        if size[1] >= 13:
            assert [row.rstrip()[-6:].strip() for row in rows if is_bar(row)] == [
                *("0.1 %", "0.2 %", "0.3 %", "0.4 %", "10.0 %", "0.5 %", "0.5 %", "0.5 %", "0.5 %", "87.0 %")
            ]


async def test_bars_are_as_long_as_the_probabilities() -> None:
    detail = DigitDetail()
    app = DigitApp(detail)
    async with app.run_test(size=(80, 24)) as pilot:
        detail.show(mistake(0))
        await pilot.pause()
        lengths = [row.count("█") for row in app.rows() if is_bar(row)]
        width = 44 - 10
        assert lengths == [0, 0, 0, 0, round(width * 0.1), 0, 0, 0, 0, int(width * 0.87)]


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (20, 7), (300, 80)])
async def test_the_detail_survives_any_size_and_probabilities_that_are_none(size: tuple[int, int]) -> None:
    detail = DigitDetail("Choose a digit")
    app = DigitApp(detail)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert size[0] < 20 or any("Choose a digit" in row for row in app.rows())
        detail.show(Mistake(0, 4, 9, np.full(10, np.nan), np.nan, np.zeros((28, 28), np.uint8)))
        await pilot.pause()
        assert all(detail.render_line(y).cell_length == size[0] for y in range(size[1]))
        detail.show(None)
        assert size[0] < 20 or any("Choose a digit" in row for row in app.rows())


@pytest.mark.parametrize("widget", [DigitGrid, DigitDetail])
@pytest.mark.parametrize(
    ("system", "is_colored"),
    [(ColorSystem.TRUECOLOR, True), (ColorSystem.EIGHT_BIT, False), (ColorSystem.STANDARD, False)],
)
async def test_half_blocks_need_truecolor(
    widget: type[DigitGrid | DigitDetail], system: ColorSystem, is_colored: bool
) -> None:
    shown = widget()
    app = DigitApp(shown, system)
    async with app.run_test(size=(80, 24)) as pilot:
        if isinstance(shown, DigitGrid):
            shown.show([mistake(0)])
        else:
            shown.show(mistake(0))
        await pilot.pause()
        assert "▀" not in "".join(app.rows())
        shown.style = DigitStyle.HALF_BLOCK
        await pilot.pause()
        assert ("▀" in "".join(app.rows())) is is_colored


async def test_half_blocks_are_ink_on_paper_in_a_light_theme() -> None:
    detail = DigitDetail()
    detail.style = DigitStyle.HALF_BLOCK
    app = DigitApp(detail)
    async with app.run_test(size=(80, 24)) as pilot:
        detail.show(mistake(0))
        await pilot.pause()
        assert app.rows()
        dark = detail.render_line(0)._segments[0].style
        app.theme = "textual-light"
        await pilot.pause()
        light = detail.render_line(0)._segments[0].style
        assert dark is not None
        assert light is not None
        assert dark.bgcolor is not None
        assert light.bgcolor is not None
        assert (dark.bgcolor.get_truecolor().red, light.bgcolor.get_truecolor().red) == (0, 255)


@pytest.mark.parametrize("style", list(DigitStyle))
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_no_color_is_no_crash(monkeypatch: pytest.MonkeyPatch, style: DigitStyle, theme: str) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for widget in (DigitGrid("empty"), DigitDetail("empty")):
        app = DigitApp(widget)
        async with app.run_test(size=(80, 24)) as pilot:
            app.theme = theme
            widget.style = style
            await pilot.pause()
            assert app.screen._compositor.render_strips()
            if isinstance(widget, DigitGrid):
                widget.show(CountedMistakes(5))
            else:
                widget.show(mistake(0))
            await pilot.pause()
            assert "4" in "".join(strip.text for strip in app.screen._compositor.render_strips())


def test_every_key_says_what_it_does() -> None:
    assert all(binding.description for binding in DigitGrid.BINDINGS if not isinstance(binding, tuple))
