"""Difference of two confusion matrices: signs, colors and layout."""

import numpy as np
import pytest
from rich.color import ColorSystem

from emnist_tui.analysis.predictions import Integers
from emnist_tui.tui.widgets.matrix.difference_matrix import DifferenceMatrix
from tests.support.widget_app import WidgetApp


def differences() -> Integers:
    """Return an improvement of class 0 and a regression of class 2."""
    counts = np.zeros((10, 10), np.int64)
    counts[0, :2] = 7, -7
    counts[2, 2:4] = -7, 7
    return counts


async def test_differences_are_signed() -> None:
    matrix = DifferenceMatrix()
    app = WidgetApp(matrix)
    async with app.run_test(size=(80, 24)) as pilot:
        matrix.show(differences())
        await pilot.pause()
        rows = [matrix.render_line(y).text.split() for y in range(24)]
        assert ["0", "+7", "-7", *"········"] in rows
        assert ["2", *"··", "-7", "+7", *"······"] in rows
        assert sum(row == [str(digit), *"··········"] for row in rows for digit in range(10)) == 8


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
async def test_improvements_are_blue_and_regressions_orange(system: ColorSystem) -> None:
    matrix = DifferenceMatrix()
    app = WidgetApp(matrix, color_system=system)
    async with app.run_test(size=(80, 24)):
        counts = differences()
        matrix.show(counts)
        matrix.cursor = (9, 9)
        looks = matrix._looks(counts)
        assert looks[0][0] == looks[0][1]
        assert looks[2][2] == looks[2][3]
        for look, is_blue in ((looks[0][0], True), (looks[2][2], False)):
            assert look.bgcolor
            red, _, blue = look.bgcolor.get_truecolor()
            assert (blue > red) == is_blue
        counts[2, 3] = 1
        assert matrix._looks(counts)[2][2] != matrix._looks(counts)[2][3]


async def test_the_cursor_starts_on_the_largest_change_off_the_diagonal() -> None:
    matrix = DifferenceMatrix()
    app = WidgetApp(matrix)
    async with app.run_test(size=(80, 24)):
        counts = differences()
        counts[6, 3] = -8
        matrix.show(counts)
        assert matrix.cursor == (6, 3)


@pytest.mark.parametrize("size", [(80, 24), (60, 14), (200, 60), (30, 8), (1, 1)])
@pytest.mark.parametrize("scale", [1, 1000])
async def test_every_row_fills_the_width_at_any_size(size: tuple[int, int], scale: int) -> None:
    matrix = DifferenceMatrix("no comparison")
    app = WidgetApp(matrix)
    async with app.run_test(size=size) as pilot:
        matrix.show(differences() * scale)
        await pilot.pause()
        assert all(matrix.render_line(y).cell_length == size[0] for y in range(size[1]))
        matrix.show(None)
        await pilot.pause()
        assert size[0] < 15 or any("no comparison" in matrix.render_line(y).text for y in range(size[1]))


@pytest.mark.parametrize("size", [(54, 13), (56, 12)])  # of the comparison at 80×24 and 60×20
async def test_large_differences_fit_without_scrolling(size: tuple[int, int]) -> None:
    counts = np.zeros((10, 10), np.int64)
    counts[:, 9], counts[:, 8], counts[:, 0] = 3987, -24_000, -999
    matrix = DifferenceMatrix()
    app = WidgetApp(matrix)
    async with app.run_test(size=size) as pilot:
        matrix.show(counts)
        await pilot.pause()
        assert matrix.render_line(2).text.split() == ["0", "-999", *"·······", "-24k", "+4k"]


async def test_large_differences_are_exact_where_they_fit() -> None:
    matrix = DifferenceMatrix()
    app = WidgetApp(matrix)
    async with app.run_test(size=(120, 40)) as pilot:
        matrix.show(differences() * 1000)
        await pilot.pause()
        assert any("+7,000" in matrix.render_line(y).text for y in range(40))
