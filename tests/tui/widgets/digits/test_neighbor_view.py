"""Thumbnail of a nearest neighbor: caption, missing neighbor and sentence."""

import numpy as np
import pytest
from rich.segment import Segment
from rich.style import Style

from emnist_tui.analysis.neighbors import Neighbor
from emnist_tui.text.ascii_art import ascii_art
from emnist_tui.tui.widgets.digits.digit_widget import Line
from emnist_tui.tui.widgets.digits.neighbor_view import draw_neighbor, draw_sentence

STYLES = (Style(bold=True), Style(dim=True))
NEAR = Neighbor(12_345, 4, 1_727.4, np.full((28, 28), 255, np.uint8))


def drawn(neighbor: Neighbor | None, columns: int, rows: int = 99) -> list[str]:
    def draw(image: "np.typing.NDArray[np.uint8]", width: int) -> list[Line]:
        return [[Segment(line)] for line in ascii_art(image, width)]

    lines = draw_neighbor(neighbor, 4, columns, rows, draw, STYLES)
    return ["".join(segment.text for segment in line) for line in lines]


def test_a_wide_thumbnail_has_index_and_distance_around_it() -> None:
    first, *picture, last = drawn(NEAR, 28)
    assert first == "nearest 4  #12,345"
    assert picture == ["@" * 28] * 14
    assert last == "distance 1,727"


def test_a_narrow_thumbnail_has_its_index_below() -> None:
    first, *picture, distance, index = drawn(NEAR, 14)
    assert first == "nearest 4"
    assert picture == ["@" * 14] * 7
    assert (distance, index) == ("distance 1,727", "#12,345")


@pytest.mark.parametrize("columns", [14, 28])
def test_captions_are_never_wider_than_the_thumbnail(columns: int) -> None:
    farthest = Neighbor(239_999, 4, 255.0 * 28, NEAR.image)
    assert all(len(line) <= columns for neighbor in (farthest, None) for line in drawn(neighbor, columns))


def test_lines_that_do_not_fit_are_omitted() -> None:
    assert drawn(NEAR, 14, 9) == drawn(NEAR, 14)[:9]


def test_a_missing_neighbor_is_explained() -> None:
    assert [line.strip() for line in drawn(None, 28)] == ["no correctly classified 4"]
    assert [line.strip() for line in drawn(None, 14)] == ["no correct 4"]


def test_a_sentence_is_wrapped_and_cut_to_its_rows() -> None:
    lines = draw_sentence("searching for neighbors …", 14, 9, STYLES[1])
    assert [line[0].text for line in lines] == ["searching for", "neighbors …"]
    assert len(draw_sentence("searching for neighbors …", 14, 1, STYLES[1])) == 1
