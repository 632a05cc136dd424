"""First line: facts of the digit, names of the views, and what is left out first."""

from dataclasses import replace
from typing import Any

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.heading import draw_heading
from emnist_tui.tui.widgets.network.messages import ViewChosen
from emnist_tui.tui.widgets.network.view import DigitLabel, Shown
from tests.support.inside_views import brush_of, lines_of, view_of
from tests.support.networks_in_numpy import baseline, with_logits

EIGHT = with_logits(baseline(), [0, 0, 1, 0, 0, 0, 0, 0, 2, 0])


def heading(width: int, **parts: Any) -> str:
    brush = brush_of(view_of(EIGHT, **parts), width, 1)
    draw_heading(brush, Region(0, 0, width, 1))
    return lines_of(brush)[0]


@pytest.mark.parametrize(
    ("width", "text"),
    [
        (
            90,
            "#18  true 2  predicted as 8  loss 1.769"
            + " " * 13
            + "values  gradients  weights  moved since epoch 1"[:38],
        ),
        (36, "#18  true 2  predicted as 8  values"),
        (29, "#18  true 2  predicted as 8"),
        (12, "#18  true 2"),
    ],
)
def test_what_does_not_fit_whole_is_left_out(width: int, text: str) -> None:
    line = heading(width, before_name="epoch 1")
    assert len(line) <= width
    assert line.split()[:3] == text.split()[:3]
    assert ("loss" in line) == ("loss" in text)
    assert ("values" in line) == ("values" in text)


def test_a_wide_line_names_what_the_movement_is_from() -> None:
    assert heading(120, before_name="epoch 1").endswith("moved since epoch 1")
    assert heading(80, before_name="epoch 1").endswith("moved")


def test_a_digit_without_a_true_class_has_no_loss() -> None:
    view = view_of(EIGHT)
    line = heading(80, passed=replace(view.passed, true=None))
    assert line.startswith("#18  predicted as 8  ")
    assert "loss" not in line


def test_a_foreign_name_is_shortened_and_escaped() -> None:
    line = heading(80, digit=DigitLabel("a/very/long/\x1b[31mpath/to/a/picture.png"))
    assert "…" in line
    assert "predicted as 8" in line
    assert "\x1b" not in line


def test_a_click_on_a_view_chooses_it() -> None:
    brush = brush_of(view_of(EIGHT), 80, 1)
    draw_heading(brush, Region(0, 0, 80, 1))
    message = brush.canvas.hit(lines_of(brush)[0].index("weights"), 0)
    assert isinstance(message, ViewChosen)
    assert message.name == Shown.WEIGHTS
