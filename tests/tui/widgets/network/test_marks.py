"""Marks: receptive field, pooled cell, and the window of a pooling."""

from emnist_tui.tui.widgets.network.levels import LevelMemory
from emnist_tui.tui.widgets.network.marks import input_marks, marks_on
from emnist_tui.tui.widgets.network.subject import Subject
from emnist_tui.tui.widgets.network.tile import NO_MARKS, Marks
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import view_of


def subject(cursor: Cursor) -> Subject:
    return Subject(view_of(None, cursor), LevelMemory())


def test_the_pixels_that_a_cell_sees_are_marked() -> None:
    assert input_marks(subject(Cursor(0, None, 0, 9, 13))) == Marks(field=(range(9, 14), range(13, 18)))
    assert input_marks(subject(Cursor(1, None, 0, 0, 0))) == Marks(field=(range(10), range(10)))
    assert input_marks(subject(Cursor(3, None, 0, 4, 5))) == Marks(cell=(4, 5))
    assert input_marks(subject(Cursor(2))) == NO_MARKS


def test_the_cell_and_the_pooled_cell_that_it_goes_to_are_marked() -> None:
    at = subject(Cursor(0, None, 1, 9, 13))
    maps = at.maps(0)
    assert maps is not None
    assert marks_on(at, maps, 1) == Marks(cell=(9, 13))
    assert marks_on(at, maps, 1, is_pooled=True) == Marks(cell=(4, 6))
    assert marks_on(at, maps, 0) == NO_MARKS


def test_from_a_pooled_cell_its_window_is_marked() -> None:
    at = subject(Cursor(0, 2, 1, 4, 6))
    maps = at.maps(0)
    assert maps is not None
    assert marks_on(at, maps, 1, is_pooled=True) == Marks(cell=(4, 6))
    assert marks_on(at, maps, 1) == Marks(field=(range(8, 10), range(12, 14)))


def test_other_layers_have_no_marks() -> None:
    at = subject(Cursor(1))
    maps = at.maps(0)
    assert maps is not None
    assert marks_on(at, maps, 0) == NO_MARKS
