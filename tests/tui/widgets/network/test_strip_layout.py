"""Strip of the whole network: which maps are shown, and that nothing overlaps."""

import itertools

import pytest

from emnist_tui.tui.widgets.network.strip_layout import GAP, Maps, arrange

BASELINE = [Maps(2, (12, 12)), Maps(4, (5, 5))]
DEEP = [Maps(12, (28, 28)), *[Maps(48, (14, 14), 30)] * 5, *[Maps(96, (7, 7))] * 8]


def test_all_maps_of_the_baseline_fit() -> None:
    columns = arrange(BASELINE, 0, 48, 12)
    assert [(column.layer, column.shown) for column in columns] == [(0, 2), (1, 4)]
    assert [column.size.columns for column in columns] == [12, 10]


@pytest.mark.parametrize("cursor", range(len(DEEP)))
@pytest.mark.parametrize("width", [10, 30, 48, 120])
def test_the_layer_and_map_at_the_cursor_are_always_shown(cursor: int, width: int) -> None:
    columns = {column.layer: column for column in arrange(DEEP, cursor, width, 12)}
    assert cursor in columns
    column = columns[cursor]
    assert column.first <= DEEP[cursor].cursor < column.first + column.shown


@pytest.mark.parametrize("width", [20, 48, 120])
@pytest.mark.parametrize("rows", [6, 11, 12, 16])
@pytest.mark.parametrize("layers", [BASELINE, DEEP])
def test_maps_do_not_overlap_and_stay_within(layers: list[Maps], rows: int, width: int) -> None:
    columns = arrange(layers, 1, width, rows)
    for before, after in itertools.pairwise(columns):
        assert before.x + before.width + GAP == after.x
    for column in columns:
        for number in range(column.first, column.first + column.shown):
            x, y = column.place(number)
            assert x + column.size.columns <= column.x + column.width <= max(width, column.width)
            assert 2 * y + column.size.rows <= rows


def test_a_network_without_maps_has_no_columns() -> None:
    assert arrange([], 0, 48, 12) == []
