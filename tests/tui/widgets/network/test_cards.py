"""Cards of all layers beside each other."""

import pytest
from textual.geometry import Region

from emnist_tui.tui.widgets.network.cards import arrange_cards, draw_cards
from emnist_tui.tui.widgets.network.messages import CellChosen
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.inside_views import brush_of, is_drawn_over, text_of, view_of
from tests.support.networks_in_numpy import accurate


@pytest.mark.parametrize("size", [(66, 29), (108, 44), (136, 50)])
def test_the_baseline_fits_whole(size: tuple[int, int]) -> None:
    brush = brush_of(view_of(None, Cursor(0, None, 1, 9, 13), lost={"layers.1": {0: "dead"}}), *size)
    stacks = arrange_cards(brush.subject, *size)
    assert stacks is not None
    assert sum(stack.width for stack in stacks) <= size[0]
    draw_cards(brush, Region(0, 0, *size), stacks)
    assert not is_drawn_over(brush), text_of(brush)
    text = text_of(brush)
    for part in ("conv 1 ReLU 24×24", "pool 12×12", "weights 5×5", "conv 2 σ 10×10", "0  dead", "2  active "):
        assert part in text


def test_more_room_makes_larger_maps() -> None:
    subject = brush_of(view_of()).subject
    small, large = arrange_cards(subject, 66, 29), arrange_cards(subject, 108, 45)
    assert small is not None
    assert large is not None
    assert large[1].card.map.columns == 2 * small[1].card.map.columns


def test_a_deep_network_or_a_small_space_has_no_cards() -> None:
    assert arrange_cards(brush_of(view_of(accurate())).subject, 66, 29) is None
    assert arrange_cards(brush_of(view_of()).subject, 60, 29) is None
    assert arrange_cards(brush_of(view_of()).subject, 66, 10) is None


def test_a_click_on_a_card_chooses_its_cell() -> None:
    brush = brush_of(view_of(), 66, 29)
    draw_cards(brush, Region(0, 0, 66, 29), arrange_cards(brush.subject, 66, 29) or [])
    message = brush.canvas.hit(5, 20)
    assert isinstance(message, CellChosen)
    assert (message.layer, message.map, message.column) == (0, 1, 5)
