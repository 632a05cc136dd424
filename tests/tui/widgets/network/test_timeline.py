"""Strip of frames: right and wrong answers, the frame shown, and the facts beside it."""

from textual.geometry import Region

from emnist_tui.tui.widgets.network.messages import FrameChosen
from emnist_tui.tui.widgets.network.timeline import draw_timeline, first_right, last_turn
from emnist_tui.tui.widgets.network.view import Timeline
from tests.support.inside_views import brush_of, lines_of, view_of

STEPS = range(0, 22_575, 75)
PREDICTED = [8] * 100 + [2] * 201


def strip(width: int, timeline: Timeline) -> str:
    brush = brush_of(view_of(timeline=timeline), width, 1)
    draw_timeline(brush, Region(0, 0, width, 1))
    return lines_of(brush)[0]


def test_the_frames_are_right_or_wrong_and_the_first_right_one_is_marked() -> None:
    line = strip(100, Timeline(STEPS, 200, PREDICTED, 4.0))
    marks, texts = line.split("  ", 1)
    assert set(marks) == {"▁", "▲", "▄", "◆"}
    assert marks.index("▲") == len(marks) * 100 // 301
    assert marks.index("◆") == len(marks) * 200 // 301
    assert texts == "step 15,000 of 22,500  ▶ ×4  ▲ first right at 7,500"


def test_facts_that_do_not_fit_are_left_out_from_the_end() -> None:
    texts = [strip(width, Timeline(STEPS, 200, PREDICTED, 4.0)) for width in (60, 40, 20)]
    assert ["first" in text for text in texts] == [False, False, False]
    assert ["×4" in text for text in texts] == [True, True, False]
    assert ["step" in text for text in texts] == [True, True, False]
    assert strip(6, Timeline(STEPS, 200, PREDICTED)) == ""


def test_unknown_answers_are_dots_and_the_newest_weights_the_last_frame() -> None:
    line = strip(40, Timeline(STEPS, None, PREDICTED[:150]))
    assert line.split("  ")[0][-1] == "◆"
    assert "·" in line
    assert line.endswith("step 22,500")
    assert strip(40, Timeline(STEPS, newest=22_512)).endswith("step 22,512")
    assert strip(40, Timeline([0], newest=3)).strip() == "◆  step 3"


def test_a_digit_that_is_never_right_has_no_first_step() -> None:
    assert first_right([8, 8], 2) is None
    assert first_right([8, 2, 8, 2], 2) == 1
    assert first_right([2, 8, 8, 2], 2) == 3
    assert first_right([2, 2], 2) == 0
    assert first_right([2, 8], 2) is None
    assert "▲" not in strip(100, Timeline(STEPS, 3, [8] * 301))


def test_the_last_turn_is_told_where_it_is_not_the_first() -> None:
    assert [last_turn(each, 2) for each in ([8, 2, 8, 2, 2], [2, 2], [2, 8], [])] == [3, None, 1, None]
    flickering = [8, 2, *[8] * 98, *[2] * 201]
    assert strip(120, Timeline(STEPS, None, flickering)).endswith("▲ first right at 75  right since 7,500")
    assert strip(120, Timeline(STEPS, None, [2, *[8] * 300])).endswith("step 22,500  wrong since 75")


def test_a_click_chooses_a_frame() -> None:
    brush = brush_of(view_of(timeline=Timeline(STEPS, 0, PREDICTED)), 100, 1)
    draw_timeline(brush, Region(0, 0, 100, 1))
    message = brush.canvas.hit(30, 0)
    assert isinstance(message, FrameChosen)
    assert 0 < message.position < 301


def test_without_a_recording_nothing_is_drawn() -> None:
    assert strip(80, Timeline()) == ""
