"""Layout of a confusion matrix: sizes, regions and formats of numbers."""

import numpy as np
import pytest
from textual.geometry import Size

from emnist_tui.tui.widgets.matrix.matrix_layout import MatrixLayout
from tests.support.confusion_counts import counts


@pytest.mark.parametrize(
    ("size", "cell"),
    [
        ((80, 24), (7, 2)),
        ((80, 22), (7, 2)),
        ((60, 20), (5, 1)),
        ((120, 40), (10, 3)),
        ((200, 60), (18, 5)),
        ((20, 5), (5, 1)),
    ],
)
def test_cells_grow_with_the_available_space(size: tuple[int, int], cell: tuple[int, int]) -> None:
    layout = MatrixLayout.of(Size(*size), counts())
    assert (layout.cell_width, layout.cell_height) == cell


@pytest.mark.parametrize("size", [(80, 24), (80, 23), (60, 20), (120, 40), (200, 60), (80, 13)])
@pytest.mark.parametrize("scale", [1, 10])
def test_a_layout_stays_inside_a_sufficient_space(size: tuple[int, int], scale: int) -> None:
    layout = MatrixLayout.of(Size(*size), counts(scale))
    assert layout.size.height <= size[1]
    assert layout.size.width <= max(size[0], 3 + 10 * 6)


def test_totals_that_would_touch_each_other_are_omitted() -> None:
    full = np.full((10, 10), 100, np.int64)
    assert MatrixLayout.of(Size(80, 24), full).has_totals_row
    assert not MatrixLayout.of(Size(46, 16), full).has_totals_row


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 60)])
def test_every_cell_is_found_at_its_region(size: tuple[int, int]) -> None:
    layout = MatrixLayout.of(Size(*size), counts())
    for cell in ((0, 0), (4, 9), (9, 9)):
        region = layout.cell_region(cell)
        assert layout.cell_at(region.x, region.y) == cell
        assert layout.cell_at(region.right - 1, region.bottom - 1) == cell
    assert layout.cell_at(0, 2) is None
    assert layout.cell_at(layout.gutter, 1) is None
    assert layout.cell_at(layout.gutter, 2 + 10 * layout.cell_height) is None


def test_numbers_and_shares_are_shortened_in_narrow_cells() -> None:
    wide, narrow = (MatrixLayout(8, width, 2, 0, has_totals_row=True) for width in (7, 5))
    assert [layout.number(1234) for layout in (wide, narrow)] == ["1,234", "1234"]
    assert [layout.share(0.047) for layout in (wide, narrow)] == ["4.7 %", "4.7"]
    assert [layout.share(1.0) for layout in (wide, narrow)] == ["100.0 %", "100"]
    assert wide.share(0.0004) == ""


def test_text_is_aligned_to_the_right_with_a_margin() -> None:
    layout = MatrixLayout(8, 9, 2, 0, has_totals_row=True)
    assert layout.in_cell("12") == "     12  "
    assert layout.in_cell("123456789") == "123456789"


def test_the_heading_of_the_totals_has_room_beside_small_counts() -> None:
    small = np.full((10, 10), 1, np.int64)
    assert MatrixLayout.of(Size(80, 24), small).total_width == len(" total")
    assert MatrixLayout.of(Size(80, 24), counts(10)).total_width == len(" 180,000")
