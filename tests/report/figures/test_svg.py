"""SVG writer: escaping, coordinates and color mixing."""

from xml.etree import ElementTree

from emnist_tui.report.figures.svg import BLUE, Picture, blend
from tests.support.svg import elements, paths, texts


def test_text_and_title_are_escaped() -> None:
    picture = Picture(10, 10, 'a "title" & <more>')
    picture.text(0, 0, "5 < 6 & \x1b[31m")
    svg = picture.render()
    assert texts(svg) == ["5 < 6 & \\x1b[31m"]
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == 'a "title" & <more>'
    assert root.findtext("{http://www.w3.org/2000/svg}title") == 'a "title" & <more>'


def test_coordinates_have_at_most_one_decimal() -> None:
    picture = Picture(10, 10, "lines")
    picture.path([(0.0, 1 / 3), (2 / 3, 10.0)], BLUE, 2)
    svg = picture.render()
    assert paths(svg, BLUE) == [[(0.0, 0.3), (0.7, 10.0)]]
    assert "0.0" not in svg


def test_turned_text_reads_upwards() -> None:
    picture = Picture(10, 10, "turned")
    picture.text(3, 4, "true", turned=True)
    assert [element.get("transform") for element in elements(picture.render(), "text")] == ["rotate(-90 3 4)"]


def test_blend_goes_from_white_to_the_color() -> None:
    assert blend("#e66100", 0) == "#ffffff"
    assert blend("#e66100", 1) == "#e66100"
    assert blend("#000000", 0.5) == "#808080"
