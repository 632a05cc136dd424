"""Stage of the answer: maps, sums, and largest products of a logit."""

import re

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.answer_stage import draw_answer_stage
from emnist_tui.tui.widgets.network.messages import ClassChosen
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, is_drawn_over, text_of, view_of
from tests.support.networks_in_numpy import NETWORKS


def stage(width: int, height: int, name: str = "baseline", **parts: object) -> str:
    brush = brush_of(view_of(NETWORKS[name](), Cursor(99), **parts), width, height)
    draw_answer_stage(brush, Region(0, 0, width, height))
    assert not is_drawn_over(brush), text_of(brush)
    return text_of(brush)


def test_the_sums_of_the_maps_and_the_bias_make_the_logit() -> None:
    view = view_of()
    text = stage(78, 13)
    sums = [float(each) for each in re.findall(r"map \d ([+-]\d+\.\d\d)", text.split("\n")[1])]
    assert len(sums) == 4
    bias, logit = (float(re.search(rf"{name} +(\S+)", text)[1]) for name in ("bias", "logit"))  # type: ignore[index]
    assert round(sum(sums) + bias, 2) == logit
    assert logit == pytest.approx(view.passed.logits.max(), abs=0.006)


def test_the_reason_is_told_in_a_sentence() -> None:
    view = view_of()
    lines = stage(78, 13).split("\n")
    assert lines[-1].startswith(f"{view.answer} leads {view.against} by ")
    assert lines[-1].endswith(")")
    assert "takes" not in stage(50, 13).split("\n")[-1]


def test_another_class_is_explained() -> None:
    assert "3 trails 4" in stage(78, 13, answer=3, against=4) or "3 leads 4" in stage(78, 13, answer=3, against=4)


@pytest.mark.parametrize("size", [(40, 12), (58, 15), (78, 13), (118, 20)])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_fits(name: str, size: tuple[int, int]) -> None:
    assert "logit" in stage(*size, name)


def test_a_click_chooses_a_class() -> None:
    brush = brush_of(view_of(None, Cursor(2)), 78, 13)
    draw_answer_stage(brush, Region(0, 0, 78, 13))
    message = brush.canvas.hit(10, 0)
    assert isinstance(message, ClassChosen)
