"""What the Inside screen shows, before anything is chosen."""

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.tui.widgets.network.view import Cursor, DigitLabel, InsideView, Shown
from tests.support.networks_in_numpy import baseline, strokes


def test_values_of_the_first_map_are_shown_at_first() -> None:
    network = baseline()
    view = InsideView(DigitLabel("#18"), examine(network, strokes(1)[0]), layers_of(network.graph))
    assert (view.cursor, view.shown, view.waiting) == (Cursor(0, 0, 0, 0, 0), Shown.VALUES, "")
