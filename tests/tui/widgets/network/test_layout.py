"""Layout: the kinds by size, and regions that stay within the space."""

import pytest
from textual.geometry import Region, Size

from emnist_tui.tui.widgets.network.layout import Kind, lay_out

SIZES = {
    (60, 16): Kind.STAGE,
    (80, 20): Kind.STRIP,
    (80, 21): Kind.STRIP,
    (100, 28): Kind.STRIP,
    (120, 33): Kind.STRIP,
    (120, 35): Kind.WHOLE,
    (200, 55): Kind.WHOLE,
}


@pytest.mark.parametrize(("size", "kind"), SIZES.items())
def test_more_room_shows_more_at_once(size: tuple[int, int], kind: Kind) -> None:
    assert lay_out(Size(*size), has_timeline=False).kind is kind


@pytest.mark.parametrize("has_timeline", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_parts_stay_within_and_do_not_overlap(size: tuple[int, int], has_timeline: bool) -> None:
    layout = lay_out(Size(*size), has_timeline=has_timeline)
    space = Region(0, 0, *size)
    parts = [part for part in (layout.heading, layout.strip, layout.stage, layout.timeline) if part]
    assert all(space.contains_region(part) for part in parts)
    shared = [(a, b) for place, a in enumerate(parts) for b in parts[place + 1 :] if a.intersection(b)]
    if layout.reserved:  # the frames take the end of the stage's last row
        assert shared == [(layout.stage, layout.timeline)]
        assert layout.timeline.y == layout.stage.bottom - 1
    else:
        assert shared == []
    assert bool(layout.timeline) is has_timeline


def test_a_space_without_rows_is_laid_out() -> None:
    assert lay_out(Size(0, 0), has_timeline=True).kind is Kind.STAGE


def test_a_tight_strip_leaves_half_a_row() -> None:
    tight = [lay_out(Size(80, height), has_timeline=True).is_tight for height in (20, 21, 24)]
    assert tight == [True, False, False]


def test_a_pair_of_networks_has_the_rows_of_the_strip_where_it_needs_them() -> None:
    kinds = [lay_out(Size(*size), has_timeline=False, is_pair=True).kind for size in [(80, 20), (100, 28), (120, 35)]]
    assert kinds == [Kind.STAGE, Kind.STRIP, Kind.WHOLE]
