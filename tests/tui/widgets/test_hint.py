"""Text in an empty widget: centered and wrapped."""

import pytest
from rich.style import Style
from textual.geometry import Size

from emnist_tui.tui.widgets.hint import hint_strips


def test_the_text_is_centered() -> None:
    rows = [strip.text for strip in hint_strips("no run", Size(10, 3), Style())]
    assert rows == [" " * 10, "  no run  ", " " * 10]


def test_a_long_text_is_wrapped_at_spaces() -> None:
    rows = [strip.text.strip() for strip in hint_strips("press n to start a run", Size(14, 4), Style())]
    assert [row for row in rows if row] == ["press n to", "start a run"]


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (80, 24)])
def test_every_row_is_filled_at_any_size(size: tuple[int, int]) -> None:
    strips = hint_strips("press n to start a run", Size(*size), Style())
    assert len(strips) == size[1]
    assert all(strip.cell_length == size[0] for strip in strips)
