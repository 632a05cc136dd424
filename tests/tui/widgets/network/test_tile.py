"""Maps: sizes, means of what a pixel covers, marks, and terminals without colors."""

import numpy as np
import pytest
from rich.style import Style

from emnist_tui.tui.widgets.network.canvas import Canvas
from emnist_tui.tui.widgets.network.levels import BLANK
from emnist_tui.tui.widgets.network.tile import Fit, Marks, draw_map, fit, resized
from tests.support.inside_views import inks


@pytest.mark.parametrize(
    ("shape", "columns", "height", "enlarge", "size"),
    [
        ((24, 24), 24, 12, 1, Fit(24, 24)),
        ((10, 10), 24, 12, 4, Fit(20, 20)),
        ((28, 28), 12, 6, 1, Fit(12, 12)),
        ((5, 9), 3, 9, 1, Fit(1, 3)),
        ((5, 5), 0, 9, 1, None),
    ],
)
def test_a_map_is_as_large_as_it_can_be(
    shape: tuple[int, int], columns: int, height: int, enlarge: int, size: Fit | None
) -> None:
    assert fit(shape, columns, height, enlarge=enlarge) == size


def test_a_smaller_map_has_the_means_and_a_larger_one_the_same_numbers() -> None:
    values = np.arange(16.0).reshape(4, 4)
    assert resized(values, 2, 2).tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert resized(values, 8, 4).tolist() == values.repeat(2, axis=0).tolist()
    assert resized(values, 3, 3).mean() == pytest.approx(values.mean())


def drawn(levels: list[list[int]], *, system: bool = True, is_signed: bool = False, marks: Marks | None = None) -> str:
    array = np.array(levels, np.int8)
    canvas = Canvas(array.shape[1], (len(array) + 1) // 2)
    colors = inks(is_ascii=not system)
    draw_map(canvas, colors, (0, 0), array, array.shape, is_signed=is_signed, marks=marks or Marks())
    return "\n".join(strip.text for strip in canvas.strips(Style()))


def test_a_cell_of_one_color_is_blank_and_one_of_two_a_half_block() -> None:
    assert drawn([[0, 7, 3], [0, 2, 3]]) == " ▀ "
    assert drawn([[1, 1], [1, 1], [4, BLANK]]) == "  \n▄ "
    assert drawn([[2], [5]]) == "▄"


def test_without_colors_there_are_characters() -> None:
    assert drawn([[0, 7], [0, 7]], system=False) == " @"
    assert drawn([[0, 4, -1, BLANK], [0, 1, -4, BLANK]], system=False, is_signed=True) == ".4d "


def test_the_cell_at_the_cursor_has_the_color_of_the_mark() -> None:
    colors, canvas = inks(), Canvas(3, 1)
    draw_map(canvas, colors, (0, 0), np.zeros((2, 3), np.int8), (2, 3), marks=Marks(cell=(0, 1)))
    segment = next(segment for segment in canvas.strips(Style())[0] if segment.text == "▀")
    assert segment.style is not None
    assert segment.style.color == colors.mark.rich_color


def test_a_field_is_tinted_also_in_a_reduced_map() -> None:
    colors, canvas = inks(), Canvas(4, 2)
    field = (range(4), range(4, 8))
    draw_map(canvas, colors, (0, 0), np.zeros((4, 4), np.int8), (8, 8), is_ink=True, marks=Marks(field=field))
    first = list(canvas.strips(Style())[0])
    assert [len(segment.text) for segment in first] == [2, 2]
    assert first[0].style != first[1].style
