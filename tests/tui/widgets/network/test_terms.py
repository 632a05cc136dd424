"""Products of a sum: grids by width, the largest maps, and lists."""

from dataclasses import replace

import pytest
from textual.geometry import Region

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.sums import arithmetic
from emnist_tui.analysis.network.network import InputScale, Network
from emnist_tui.tui.widgets.network.terms import draw_terms
from tests.support.inside_views import brush_of, inks, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import accurate, baseline


def drawn(network: Network, cell: Cell, width: int, height: int) -> tuple[int, list[str]]:
    brush = brush_of(view_of(network), width, height)
    used = draw_terms(brush, Region(0, 0, width, height), arithmetic(brush.subject.passed, cell))
    assert not is_drawn_over(brush), text_of(brush)
    assert not any(lines_of(brush)[used:])
    return used, lines_of(brush)


@pytest.mark.parametrize(
    ("width", "head"),
    [(86, "ink × weight = product"), (52, "ink × weight = product"), (26, "ink × weight")],
)
def test_a_kernel_is_drawn_as_grids_that_fit(width: int, head: str) -> None:
    used, lines = drawn(baseline(), Cell("layers.0", (0, 9, 13)), width, 8)
    assert used == 6
    assert " ".join(lines[0].split()) == head


def test_scaled_ink_below_zero_has_a_signed_scale() -> None:
    network = replace(baseline(), scale=InputScale(3.2, -0.42))
    brush = brush_of(view_of(network), 52, 8, inks())
    step = arithmetic(brush.subject.passed, Cell("layers.0", (0, 0, 0)))
    assert step.terms[0].values.min() < 0
    draw_terms(brush, Region(0, 0, 52, 8), step)
    assert lines_of(brush)[0].startswith("input")


def test_kernels_for_several_maps_are_below_each_other() -> None:
    used, lines = drawn(baseline(), Cell("layers.3", (1, 3, 4)), 52, 8)
    assert used == 8
    assert lines[0].startswith("map 0")
    assert all(lines[row] for row in (1, 2, 3, 5, 6, 7))
    assert lines[4] == "map 1"


def test_of_many_maps_the_largest_are_drawn_and_the_rest_is_summed() -> None:
    used, lines = drawn(accurate(), Cell("layers.3", (0, 5, 5)), 52, 9)
    assert "more maps" in lines[used - 1]


def test_a_sum_over_maps_at_one_place_is_a_list_of_the_largest() -> None:
    used, lines = drawn(accurate(), Cell("layers.8", (0, 5, 5)), 62, 6)
    assert lines[0] == "largest products"
    assert "more" in lines[used - 1]
    assert lines[1].count("×") == 2


def test_there_is_room_or_nothing_is_drawn() -> None:
    assert drawn(baseline(), Cell("layers.0", (0, 9, 13)), 52, 1) == (0, [""])
