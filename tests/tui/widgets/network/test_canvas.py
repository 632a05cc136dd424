"""Canvas: placing texts, and the regions that answer clicks."""

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region

from emnist_tui.tui.widgets.network.canvas import Canvas
from emnist_tui.tui.widgets.network.messages import LayerChosen

PLAIN = Style()


def test_texts_are_put_at_their_places_and_the_rest_is_blank() -> None:
    canvas = Canvas(10, 2)
    assert canvas.text(2, 0, "ab", PLAIN) == 4
    canvas.right(10, 1, "7.5", PLAIN)
    assert [strip.text for strip in canvas.strips(PLAIN)] == ["  ab      ", "       7.5"]


def test_a_text_that_does_not_fit_whole_is_left_out() -> None:
    canvas = Canvas(4, 1)
    canvas.text(2, 0, "abc", PLAIN)
    canvas.text(-1, 0, "a", PLAIN)
    canvas.text(0, 1, "a", PLAIN)
    assert [strip.text for strip in canvas.strips(PLAIN)] == ["    "]


def test_of_two_texts_on_the_same_cells_the_left_one_stays() -> None:
    canvas = Canvas(6, 1)
    canvas.put(1, 0, [Segment("cd", PLAIN)])
    canvas.put(0, 0, [Segment("ab", PLAIN)])
    assert canvas.strips(PLAIN)[0].text == "ab    "


def test_a_click_is_answered_by_the_last_region_that_knows_an_answer() -> None:
    canvas = Canvas(10, 4)
    canvas.spot(Region(0, 0, 5, 2), lambda _x, _y: LayerChosen(1))
    canvas.spot(Region(2, 1, 5, 2), lambda x, y: LayerChosen(10 * y + x) if x else None)
    answers = {place: canvas.hit(*place) for place in [(0, 0), (2, 1), (4, 1), (4, 2), (9, 3)]}
    layers = {place: message.layer if isinstance(message, LayerChosen) else None for place, message in answers.items()}
    assert layers == {(0, 0): 1, (2, 1): 1, (4, 1): 2, (4, 2): 12, (9, 3): None}
