"""Answer: probabilities and logits by class."""

from dataclasses import replace

import numpy as np
from textual.geometry import Region

from emnist_tui.tui.widgets.network.answer_table import SHORT_WIDTH, draw_answer, draw_short_answer, role_of
from emnist_tui.tui.widgets.network.view import Shown
from tests.support.inside_views import brush_of, lines_of, view_of
from tests.support.networks_in_numpy import baseline, with_logits

EIGHT = with_logits(baseline(), [0, -30, 1, 0, 0, 0, 0, 0, 2, 0])


def test_two_columns_hold_all_probabilities() -> None:
    brush = brush_of(view_of(EIGHT), SHORT_WIDTH, 6)
    draw_short_answer(brush, Region(0, 0, SHORT_WIDTH, 6), brush.subject.passed)
    assert lines_of(brush) == [
        "answer, %", "0  5.8   5  5.8", "1  0.0   6  5.8", "2 15.9   7  5.8", "3  5.8   8 43.2", "4  5.8   9  5.8",
    ]  # fmt: skip


def test_a_certain_answer_fits() -> None:
    sure = with_logits(baseline(), [99, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    brush = brush_of(view_of(sure), SHORT_WIDTH, 6)
    draw_short_answer(brush, Region(0, 0, SHORT_WIDTH, 6), brush.subject.passed)
    assert lines_of(brush)[1] == "0  100   5  0.0"


def test_a_row_has_a_bar_a_logit_and_a_probability() -> None:
    brush = brush_of(view_of(EIGHT), 20, 12)
    assert draw_answer(brush, Region(0, 0, 20, 12)) == 11
    lines = lines_of(brush)
    assert lines[0] == "answer   logit     %"
    assert lines[9].endswith("+2.00  43.2")
    assert "█" in lines[9]
    assert lines[2].endswith("-30.00   0.0")


def test_the_view_of_weights_has_the_biases() -> None:
    brush = brush_of(view_of(EIGHT, shown=Shown.WEIGHTS), 20, 12)
    draw_answer(brush, Region(0, 0, 20, 12))
    assert lines_of(brush)[0] == "answer    bias     %"
    assert lines_of(brush)[2].endswith("-30.00   0.0")


def test_two_networks_have_a_column_each() -> None:
    other = view_of(with_logits(baseline(), [0] * 10)).passed
    brush = brush_of(view_of(EIGHT, other=other), 20, 12)
    draw_answer(brush, Region(0, 0, 20, 12))
    assert lines_of(brush)[0] == "answer     A %   B %"
    assert lines_of(brush)[9].endswith("43.2  10.0")


def test_numbers_that_are_none_are_dashes() -> None:
    view = view_of(EIGHT)
    values = {**view.passed.values, "layers.7": np.full(10, np.nan)}
    brush = brush_of(replace(view, passed=replace(view.passed, values=values)), 20, 12)
    draw_answer(brush, Region(0, 0, 20, 12))
    assert lines_of(brush)[1].split() == ["0", "–", "–"]


def test_true_and_predicted_classes_stand_out() -> None:
    passed = view_of(EIGHT).passed
    assert [role_of(passed, digit) for digit in (2, 8, 3)] == ["true", "predicted", "text"]
    assert role_of(replace(passed, true=None), 8) == "true"
