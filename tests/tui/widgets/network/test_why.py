"""Lead of a class over another, by map or unit."""

import re

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.why import draw_why
from tests.support.inside_views import brush_of, is_drawn_over, lines_of, text_of, view_of
from tests.support.networks_in_numpy import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("height", [10, 22, 40])
def test_the_parts_that_are_displayed_add_up(name: str, height: int) -> None:
    view = view_of(NETWORKS[name]())
    brush = brush_of(view, 18, height)
    draw_why(brush, Region(0, 0, 18, height))
    assert not is_drawn_over(brush), text_of(brush)
    lines = lines_of(brush)
    assert lines[0] == f"why {view.answer}, not {view.against}"
    figures = [float(each) for line in lines[1:] for each in re.findall(r"([+-]?\d+\.\d\d)$", line)]
    assert sum(figures[:-1]) == pytest.approx(figures[-1], abs=1e-9)


def test_a_class_is_not_set_against_itself() -> None:
    brush = brush_of(view_of(answer=3, against=3), 18, 20)
    draw_why(brush, Region(0, 0, 18, 20))
    assert text_of(brush).strip() == ""


def test_of_two_networks_the_first_is_explained() -> None:
    view = view_of(other=view_of().passed)
    brush = brush_of(view, 18, 22)
    draw_why(brush, Region(0, 0, 18, 22))
    assert lines_of(brush)[0] == f"A: why {view.answer}, not {view.against}"


@pytest.mark.parametrize("height", range(18, 36))
def test_the_maps_do_not_touch(height: int) -> None:
    brush = brush_of(view_of(), 27, height)
    draw_why(brush, Region(0, 0, 27, height))
    lines = lines_of(brush)
    titles = [row for row, line in enumerate(lines) if "map " in line]
    blank = [not line[:10].strip() for line in lines]
    assert len(titles) == 4
    for row in titles[1:]:
        assert blank[row - 1] or titles[1] - titles[0] == 3, "\n".join(lines)
