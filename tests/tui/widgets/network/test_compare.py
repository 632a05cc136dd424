"""Maps of two networks and their difference."""

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.compare import draw_pair, draw_pair_answers, pair_at_cursor
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import baseline, compact


@pytest.mark.parametrize("size", [(58, 12), (78, 12), (50, 28), (108, 40)])
def test_both_maps_and_their_difference_have_the_cells_figures(size: tuple[int, int]) -> None:
    other = view_of(baseline(1)).passed
    brush = brush_of(view_of(None, Cursor(1, None, 2, 3, 4), other=other, names=("A", "B")), *size)
    draw_pair(brush, Region(0, 0, *size))
    assert not is_drawn_over(brush), text_of(brush)
    text = text_of(brush)
    first, second = (float(passed.values["layers.4"][2, 3, 4]) for passed in (brush.subject.passed, other))
    assert f"A {first:+.4f}" in text
    assert f"B {second:+.4f}" in text
    assert f"B - A {second - first:+.4f}" in text or f"B - A {second - first:+.1f}" in text


def test_the_most_probable_classes_of_both_are_below() -> None:
    other = view_of(baseline(1)).passed
    brush = brush_of(view_of(None, Cursor(0), other=other), 78, 2)
    draw_pair_answers(brush, Region(0, 0, 78, 2))
    lines = lines_of(brush)
    assert lines[0].startswith(f"A  {brush.subject.passed.predicted} ")
    assert lines[1].startswith(f"B  {other.predicted} ")
    assert lines[0].count("%") > 3
    assert " 0.0 %" not in "".join(lines)


def test_a_long_name_is_shortened() -> None:
    names = ("a-run-with-a-very-long-name", "\x1b[2Jb")
    brush = brush_of(view_of(None, Cursor(0), other=view_of(baseline(1)).passed, names=names), 78, 13)
    draw_pair(brush, Region(0, 0, 78, 13))
    line = lines_of(brush)[0]
    assert "…" in line
    assert "\x1b" not in line
    assert "B \\x1b[2Jb" in line


def test_both_networks_share_a_scale() -> None:
    other = view_of(baseline(1)).passed
    pair = pair_at_cursor(brush_of(view_of(None, Cursor(0), other=other)))
    assert pair is not None
    largest = max(float(each.values["layers.1"].max()) for each in (other, view_of().passed))
    assert pair.maps.scale.top >= largest
    assert (pair.difference == pair.second - pair.first).all()


def test_another_networks_maps_are_not_compared() -> None:
    brush = brush_of(view_of(None, Cursor(0), other=view_of(compact()).passed), 60, 12)
    draw_pair(brush, Region(0, 0, 60, 12))
    assert lines_of(brush)[0] == "the other network has no such map"
