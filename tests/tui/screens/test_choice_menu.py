"""Menu of a select box."""

import pytest
from rich.cells import cell_len
from textual.geometry import Region, Size

from emnist_tui.tui.screens.choice_menu import draw, place
from emnist_tui.tui.widgets.new_run.choice_box import Choice

CHOICES = [
    Choice("small", ("9 parameters", "9.3 %"), "the smallest of all"),
    Choice("enormous", ("1,000 parameters", "99.3 %"), "larger"),
]


def plain(choices: list[Choice], room: int) -> list[str]:
    return [content.plain for content in draw(choices, room)]


def test_numbers_stand_in_columns() -> None:
    assert plain(CHOICES, 80) == [
        "small         9 parameters   9.3 %  the smallest of all",
        "enormous  1,000 parameters  99.3 %  larger",
    ]


def test_words_move_below_where_a_line_is_too_long() -> None:
    assert plain(CHOICES, 40) == [
        "small         9 parameters   9.3 %\n  the smallest of all",
        "enormous  1,000 parameters  99.3 %\n  larger",
    ]


@pytest.mark.parametrize("room", [1, 5, 12, 30, 34, 60])
def test_no_line_is_wider_than_the_room(room: int) -> None:
    lines = [line for text in plain([*CHOICES, Choice("日本" * 9, ("", ""))], room) for line in text.split("\n")]
    assert all(cell_len(line) <= max(room, 2) for line in lines)


@pytest.mark.parametrize("room", [16, 80])
def test_control_characters_of_foreign_names_are_escaped(room: int) -> None:
    hostile = "evil\x1b[31m\nname"
    text = "".join(plain([Choice(hostile, (), f"cpu, as in {hostile}")], room))
    assert "\x1b" not in text
    assert "evil\\x1b" in text
    assert text.count("\n") == (room == 16)


def test_a_long_path_leaves_the_columns_where_they_are() -> None:
    path = "/a/long/path/net.py:Net"
    assert plain([*CHOICES, Choice(path, ("", ""), "your own")], 40) == [*plain(CHOICES, 40), f"{path}\n  your own"]


def test_control_characters_of_a_value_are_escaped() -> None:
    assert plain([Choice("a\x1b[31m")], 40) == ["a\\x1b[31m"]


def test_a_menu_is_under_its_box_or_above_it_and_always_on_the_screen() -> None:
    screen = Size(80, 24)
    assert place(Region(18, 3, 18, 1), 20, 5, screen) == (16, 4)
    assert place(Region(18, 22, 18, 1), 20, 5, screen) == (16, 17)
    assert place(Region(70, 3, 9, 1), 20, 5, screen) == (60, 4)
    assert place(Region(18, 3, 18, 1), 99, 40, screen) == (0, 0)
