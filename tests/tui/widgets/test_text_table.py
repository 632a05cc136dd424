"""Lines of text in columns: alignment and use of the width."""

import pytest
from textual.content import Content

from emnist_tui.tui.widgets.text_table import align, named


def test_a_name_and_its_value_are_at_the_ends() -> None:
    assert named("loss", "0.25", 12).plain == "loss    0.25"
    assert named("total", Content("── 50 %"), 14).plain == "total  ── 50 %"


def test_columns_are_spread_over_the_width() -> None:
    rows = [("", "train", "time"), ("9", "88.0 %", "1 s"), ("10", "7.5 %", "12 s")]
    assert align(rows, 18) == [
        "      train   time",
        " 9   88.0 %    1 s",
        "10    7.5 %   12 s",
    ]


@pytest.mark.parametrize("width", range(30))
def test_every_line_is_as_wide_as_there_is_room(width: int) -> None:
    rows = [("1", "abc", "d"), ("22", "e", "ffff")]
    assert {len(line) for line in align(rows, width)} == {max(width, 9)}


def test_one_column_is_not_moved() -> None:
    assert align([("a",), ("bcd",)], 10) == ["  a", "bcd"]
