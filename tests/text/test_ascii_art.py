"""Digits drawn as text."""

import numpy as np
import pytest
from rich.segment import Segment

from emnist_tui.text.ascii_art import COLUMNS, GRAYS, RAMP, Image, ascii_art, fitting_columns, half_blocks


def bar(ink: int = 255) -> Image:
    """Draw a vertical bar left of the middle, in the upper 16 rows only."""
    image = np.zeros((28, 28), np.uint8)
    image[0:16, 8:12] = ink
    return image


@pytest.mark.parametrize("columns", COLUMNS)
def test_ascii_is_upright_and_keeps_the_aspect(columns: int) -> None:
    lines = ascii_art(bar(), columns)
    scale = columns / 28
    ink = " " * round(8 * scale) + "@" * round(4 * scale) + " " * round(16 * scale)
    assert lines == [ink] * (columns * 4 // 14) + [" " * columns] * (columns * 3 // 14)


def test_two_pixel_rows_are_averaged() -> None:
    image = bar()
    image[16, 8:12] = 255
    faint = ascii_art(image)[8][8]
    assert RAMP.index(faint) in range(3, 7)


def test_a_faint_digit_is_as_clear_as_a_bold_one() -> None:
    assert ascii_art(bar(60)) == ascii_art(bar(255))


def test_every_character_of_the_ramp_is_used() -> None:
    image = np.tile(np.linspace(0, 255, 28).astype(np.uint8), (28, 1))
    line = ascii_art(image)[0]
    assert set(line) == set(RAMP)
    assert [RAMP.index(character) for character in line] == sorted(map(RAMP.index, line))


@pytest.mark.parametrize("columns", COLUMNS)
def test_an_empty_image_is_blank(columns: int) -> None:
    empty = np.zeros((28, 28), np.uint8)
    assert ascii_art(empty, columns) == [" " * columns] * (columns // 2)
    assert colors(half_blocks(empty, columns)) == {(0, 0)}


@pytest.mark.parametrize("columns", COLUMNS)
def test_half_blocks_fill_their_space(columns: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    lines = half_blocks(noise, columns)
    assert [sum(len(segment.text) for segment in line) for line in lines] == [columns] * (columns // 2)
    assert len({level for pair in colors(lines) for level in pair}) <= GRAYS


def test_a_half_block_holds_two_pixels() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[0, 0] = 255
    assert colors(half_blocks(image)[:1]) == {(255, 0), (0, 0)}
    assert colors(half_blocks(image, inverted=True)[:1]) == {(0, 255), (255, 255)}


@pytest.mark.parametrize(
    ("space", "expected"),
    [((80, 30), 56), ((56, 28), 56), ((56, 27), 28), ((28, 14), 28), ((27, 14), 14), ((14, 7), 14), ((13, 7), None)],
)
def test_the_largest_drawing_that_fits_is_chosen(space: tuple[int, int], expected: int | None) -> None:
    assert fitting_columns(*space) == expected


def colors(lines: list[list[Segment]]) -> set[tuple[int, int]]:
    """Collect the gray levels of the upper and lower pixel of every segment."""
    pairs = set()
    for segment in (segment for line in lines for segment in line):
        assert segment.style
        assert segment.style.color
        assert segment.style.bgcolor
        pairs.add((segment.style.color.get_truecolor().red, segment.style.bgcolor.get_truecolor().red))
    return pairs
