"""Stage of the input: digit, occlusion and its legend."""

import numpy as np
import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.input_stage import draw_input_stage
from emnist_tui.tui.widgets.network.messages import CellChosen
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, is_drawn_over, text_of, view_of

CHANGE = np.linspace(-2, 1, 28 * 28).reshape(28, 28)


def stage(width: int, height: int, **parts: object) -> str:
    brush = brush_of(view_of(None, Cursor(3, None, 0, 9, 13), **parts), width, height)
    draw_input_stage(brush, Region(0, 0, width, height))
    assert not is_drawn_over(brush), text_of(brush)
    return text_of(brush)


@pytest.mark.parametrize("size", [(58, 15), (78, 13), (118, 20)])
def test_the_answer_hangs_on_strokes(size: tuple[int, int]) -> None:
    text = stage(*size, occlusion=CHANGE, answer=8)
    assert "what 8 hangs on" in text
    assert any(letter in text for letter in "abcd")


def test_the_colors_are_explained_where_there_is_room() -> None:
    text = stage(100, 15, occlusion=CHANGE, answer=8)
    assert "8 falls under 5×5 paper" in text
    assert "8 rises" in text


def test_a_small_stage_explains_the_colors_in_one_line() -> None:
    assert "1-4 8 falls  a-d rises covered" in stage(58, 14, occlusion=CHANGE, answer=8).split("\n")[-1]
    assert "1-4 raises  a-d lowers the loss" in stage(58, 14).split("\n")[-1]


def test_a_result_that_is_awaited_is_named() -> None:
    assert "occlusion: 3 s" in stage(78, 13, waiting="occlusion: 3 s")


def test_a_click_on_the_digit_chooses_a_pixel() -> None:
    brush = brush_of(view_of(None, Cursor(3)), 60, 15)
    draw_input_stage(brush, Region(0, 0, 60, 15))
    message = brush.canvas.hit(13, 5)
    assert isinstance(message, CellChosen)
    assert (message.layer, message.row, message.column) == (3, 8, 14)


def test_sentences_are_written_whole_or_not_at_all() -> None:
    reasons = ("the lead falls most where the upper stroke is", "turned by 6 degrees it is a 2")
    text = stage(118, 15, occlusion=CHANGE, reasons=reasons)
    assert " ".join(reasons[0].split()[:2]) in text
    assert "it is a 2" in text
    brief = stage(90, 13, occlusion=CHANGE, reasons=("word " * 200, *reasons))
    assert "word" not in brief
