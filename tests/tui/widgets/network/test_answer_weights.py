"""Weights of the answer by class and map."""

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.answer_weights import draw_answer_weights
from emnist_tui.tui.widgets.network.view import Shown
from tests.support.inside_views import brush_of, inks, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import accurate


@pytest.mark.parametrize("shown", [Shown.WEIGHTS, Shown.GRADIENTS, Shown.MOVED])
def test_every_class_has_a_picture_of_each_map(shown: Shown) -> None:
    view = view_of(shown=shown)
    before = view_of().passed
    brush = brush_of(view_of(shown=shown, before=before), 27, 33)
    assert draw_answer_weights(brush, Region(0, 0, 27, 33)) == 32
    assert not is_drawn_over(brush), text_of(brush)
    lines = lines_of(brush)
    assert [line[0] for line in lines[1:31:3]] == [*"0123456789"]
    assert all(len(line) == 25 for line in lines[1:31:3])
    assert view.shown is shown


def test_half_a_row_is_between_the_classes() -> None:
    brush = brush_of(view_of(shown=Shown.WEIGHTS), 27, 33, inks())
    draw_answer_weights(brush, Region(0, 0, 27, 33))
    assert set(lines_of(brush)[3].replace(" ", "")) <= {"▀", "▄"}


def test_they_are_left_out_without_room_or_in_another_view() -> None:
    assert draw_answer_weights(brush_of(view_of(shown=Shown.WEIGHTS), 18, 33), Region(0, 0, 18, 33)) is None
    assert draw_answer_weights(brush_of(view_of(shown=Shown.WEIGHTS), 27, 20), Region(0, 0, 27, 20)) is None
    assert draw_answer_weights(brush_of(view_of(), 27, 33), Region(0, 0, 27, 33)) is None
    deep = view_of(accurate(), shown=Shown.WEIGHTS)
    assert draw_answer_weights(brush_of(deep, 27, 33), Region(0, 0, 27, 33)) is None
