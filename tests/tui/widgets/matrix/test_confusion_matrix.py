"""Confusion matrix: its drawing at every size, its cursor and its messages."""

import numpy as np
import pytest
from rich.color import ColorSystem
from textual.app import App, ComposeResult
from textual.geometry import Region

from emnist_tui.tui.widgets.matrix.confusion_matrix import ConfusionMatrix
from tests.support.confusion_counts import counts
from tests.support.contrast import contrast


class MatrixApp(App[None]):
    def __init__(self, color_system: ColorSystem = ColorSystem.TRUECOLOR) -> None:
        super().__init__()
        self.console._color_system = color_system
        self.matrix = ConfusionMatrix("Press e to evaluate")
        self.messages: list[tuple[str, int, int]] = []

    def compose(self) -> ComposeResult:
        yield self.matrix

    def note(self, message: ConfusionMatrix.CellMessage) -> None:
        self.messages.append((type(message).__name__, message.true, message.predicted))

    on_confusion_matrix_cell_highlighted = note
    on_confusion_matrix_cell_chosen = note

    def rows(self) -> list[str]:
        return [self.matrix.render_line(y).text for y in range(self.matrix.size.height)]

    def background(self, true: int, predicted: int) -> str:
        """Return the background color of a cell."""
        style = self.matrix._looks(counts())[true][predicted]
        return str(style.bgcolor)


async def test_labels_numbers_and_totals_are_drawn() -> None:
    app = MatrixApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.matrix.show(counts())
        await pilot.pause()
        rows = app.rows()
        assert rows[0].split() == ["true", "↓", "predicted", "→"]
        assert rows[1].split() == [*"0123456789", "total"]
        assert rows[2].split() == ["0", "1,784", *["2"] * 6, "·", "2", "2", "1,800"]
        assert rows[10].split() == ["4", *["2"] * 4, "1,700", *["2"] * 4, "84", "1,800"]
        assert rows[11].split() == [*["0.1", "%"] * 4, "94.4", "%", *["0.1", "%"] * 4, "4.7", "%"]
        totals = [f"{total:,}" for total in counts().sum(axis=0)]
        assert rows[22].split() == [*totals, "18,000"]


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 40), (200, 60), (40, 9), (12, 4), (1, 1)])
@pytest.mark.parametrize("scale", [1, 10])
async def test_every_row_fills_the_width_at_any_size(size: tuple[int, int], scale: int) -> None:
    app = MatrixApp()
    async with app.run_test(size=size) as pilot:
        app.matrix.show(counts(scale))
        await pilot.press("end", "down")
        assert all(app.matrix.render_line(y).cell_length == size[0] for y in range(size[1]))
        layout_rows = {strip.cell_length for strip in app.matrix._strips[2:12]}
        assert len(layout_rows) == 1


async def test_a_perfect_class_keeps_its_row_aligned() -> None:
    app = MatrixApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.matrix.show(np.diag(np.full(10, 1_800)))
        await pilot.pause()
        assert "100.0 %" in app.rows()[3]
        assert {strip.cell_length for strip in app.matrix._strips[2:22]} == {80}


async def test_the_cursor_starts_on_the_largest_error_and_moves_by_keys() -> None:
    app = MatrixApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.matrix.show(counts())
        app.matrix.focus()
        await pilot.pause()
        assert app.matrix.cursor == (4, 9)
        await pilot.press("right", "down", "left", "home", "up", "end")
        assert app.matrix.cursor == (4, 9)
        assert app.messages == [
            ("CellHighlighted", 4, 9),
            ("CellHighlighted", 5, 9),
            ("CellHighlighted", 5, 8),
            ("CellHighlighted", 5, 0),
            ("CellHighlighted", 4, 0),
            ("CellHighlighted", 4, 9),
        ]
        await pilot.press("enter")
        assert app.messages[-1] == ("CellChosen", 4, 9)


async def test_a_move_repaints_only_the_rows_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    app = MatrixApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.matrix.show(counts())
        await pilot.pause()
        repainted: list[Region] = []
        refresh = app.matrix.refresh

        def recording(*regions: Region) -> ConfusionMatrix:
            repainted.extend(regions or [app.matrix.region])
            return refresh(*regions)

        monkeypatch.setattr(app.matrix, "refresh", recording)
        app.matrix.cursor = (4, 8)
        assert [(region.y, region.height) for region in repainted] == [(1, 1), (10, 1), (11, 1)]


async def test_new_counts_keep_the_cursor() -> None:
    app = MatrixApp()
    async with app.run_test(size=(80, 24)):
        app.matrix.show(counts())
        app.matrix.cursor = (1, 2)
        app.matrix.show(counts(2))
        assert app.matrix.cursor == (1, 2)


async def test_a_click_moves_the_cursor_and_a_second_chooses_the_cell() -> None:
    app = MatrixApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.matrix.show(counts())
        await pilot.pause()
        region = app.matrix._layout.cell_region((3, 5))
        await pilot.click(offset=(region.x, region.y))
        assert app.messages[-1] == ("CellHighlighted", 3, 5)
        await pilot.click(offset=(region.right - 1, region.bottom - 1))
        assert app.messages[-1] == ("CellChosen", 3, 5)
        seen = len(app.messages)
        await pilot.click(offset=(0, 0))
        assert len(app.messages) == seen


async def test_a_click_finds_its_cell_in_a_scrolled_matrix() -> None:
    app = MatrixApp()
    async with app.run_test(size=(30, 8)) as pilot:
        app.matrix.show(counts())
        app.matrix.cursor = (9, 9)
        await pilot.pause()
        assert app.matrix.scroll_offset.x > 0
        assert app.matrix.scroll_offset.y > 0
        cell = app.matrix._layout.cell_region((8, 8)).offset - app.matrix.scroll_offset
        await pilot.click(offset=cell)
        assert app.matrix.cursor == (8, 8)


async def test_a_matrix_without_counts_shows_its_hint_and_ignores_keys() -> None:
    app = MatrixApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.matrix.focus()
        await pilot.press("down", "enter")
        assert any("Press e to evaluate" in row for row in app.rows())
        assert app.messages == []
        app.matrix.show(counts())
        await pilot.pause()
        assert not any("Press e" in row for row in app.rows())
        app.matrix.show(np.zeros((10, 10), np.int64))
        await pilot.pause()
        assert "".join(app.rows()).count("·") == 100
        app.matrix.show(None)
        await pilot.pause()
        assert any("Press e to evaluate" in row for row in app.rows())


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD])
async def test_correct_cells_and_frequent_errors_have_their_own_colors(system: ColorSystem) -> None:
    app = MatrixApp(system)
    async with app.run_test(size=(80, 24)) as pilot:
        app.matrix.show(counts())
        app.matrix.cursor = (0, 0)
        await pilot.pause()
        assert len({app.background(1, 1), app.background(4, 9), app.background(1, 2), app.background(0, 7)}) >= 3
        assert app.background(4, 9) != app.background(1, 2)
        assert app.background(1, 1) != app.background(4, 9)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "solarized-light"])
async def test_numbers_are_legible(theme: str) -> None:
    app = MatrixApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.theme = theme
        app.matrix.show(counts())
        await pilot.pause()
        for true, predicted in zip(*np.nonzero(counts()), strict=True):
            look = app.matrix._looks(counts())[true][predicted]
            assert look.color
            assert look.bgcolor
            assert contrast(look.color.get_truecolor(), look.bgcolor.get_truecolor()) >= 4.0


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
async def test_theme_focus_and_size_redraw_the_matrix_without_colors(
    monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = MatrixApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.matrix.show(counts())
        await pilot.pause()
        app.theme = theme
        focused = app.matrix.get_component_rich_style("matrix--cursor")
        app.screen.set_focus(None)
        await pilot.pause()
        assert app.matrix.get_component_rich_style("matrix--cursor") != focused
        assert app.screen._compositor.render_strips()
        await pilot.resize_terminal(10, 3)
        await pilot.pause()
        assert app.screen._compositor.render_strips()


def test_every_key_has_a_description() -> None:
    assert all(binding.description for binding in ConfusionMatrix.BINDINGS if not isinstance(binding, tuple))
