"""Layout of one digit: the largest digit first, then its neighbors."""

import pytest
from textual.geometry import Size

from emnist_tui.tui.widgets.digits.detail_layout import Arrangement, DetailLayout, lay_out


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((61, 19), DetailLayout(Arrangement.SPLIT, 28, 5, 14, 9)),
        ((61, 18), DetailLayout(Arrangement.BESIDE, 28, 5)),
        ((59, 25), DetailLayout(Arrangement.SPLIT, 28, 5, 14, 15)),
        ((59, 35), DetailLayout(Arrangement.BESIDE, 28, 5, 28, 18)),
        ((87, 55), DetailLayout(Arrangement.BESIDE, 56, 5, 28, 26)),
        ((43, 15), DetailLayout(Arrangement.BESIDE, 14, 5)),
        ((30, 60), DetailLayout(Arrangement.ABOVE, 28, 5, 14, 29)),
        ((43, 12), DetailLayout(Arrangement.BESIDE, 14, 2)),
        ((5, 3), DetailLayout(Arrangement.BESIDE, 0, 2)),
    ],
)
def test_the_digit_is_never_smaller_because_of_neighbors(size: tuple[int, int], expected: DetailLayout) -> None:
    assert lay_out(Size(*size), 5, neighbors=True) == expected
    without = lay_out(Size(*size), 5, neighbors=False)
    assert (without.columns, without.neighbors) == (expected.columns, 0)


@pytest.mark.parametrize("width", [20, 44, 60, 88])
@pytest.mark.parametrize("height", [5, 12, 19, 30, 60])
@pytest.mark.parametrize("neighbors", [False, True])
def test_every_layout_fits(width: int, height: int, neighbors: bool) -> None:
    layout = lay_out(Size(width, height), 5, neighbors=neighbors)
    assert layout.columns <= width
    assert layout.rows <= height
    assert 2 <= layout.facts <= 5
    if layout.neighbors:
        assert layout.neighbors <= layout.columns
        assert layout.neighbor_rows > layout.neighbors // 2
        if layout.arrangement is Arrangement.SPLIT:
            assert layout.neighbor_rows + 10 <= height
        else:
            assert layout.neighbor_rows + layout.rows <= height


def test_captions_are_whole_where_two_lines_of_text_fit() -> None:
    assert DetailLayout(Arrangement.SPLIT, 28, 5, 14, 9).has_whole_captions
    assert not DetailLayout(Arrangement.SPLIT, 28, 5, 14, 8).has_whole_captions
