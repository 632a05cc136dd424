"""What the Inside screen shows, before anything is chosen, and the order of maps."""

from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.tui.widgets.network.view import Cursor, DigitLabel, InsideView, Shown, ordered_maps, resting_node
from tests.support.inside_views import view_of
from tests.support.networks_in_numpy import accurate, baseline, strokes


def test_values_of_the_first_map_are_shown_at_first() -> None:
    network = baseline()
    view = InsideView(DigitLabel("#18"), examine(network, strokes(1)[0]), layers_of(network.graph))
    assert (view.cursor, view.shown, view.waiting) == (Cursor(0, None, 0, 0, 0), Shown.VALUES, "")


def test_a_layer_rests_on_the_operation_before_its_pooling() -> None:
    layers = layers_of(baseline().graph)
    assert [layer.nodes[resting_node(layer)].operation for layer in layers] == ["relu", "sigmoid", "linear"]


def test_many_maps_are_sorted_by_activity_and_few_are_not() -> None:
    node = "layers.2"
    active = {node: [0.1, 0.9, 0.9, *[0.5] * 9]}
    view = view_of(accurate(), activity=active)
    assert ordered_maps(view, 0)[:3] == [1, 2, 3]
    assert ordered_maps(view, 0)[-1] == 0
    assert ordered_maps(view_of(accurate()), 0) == list(range(12))
    assert ordered_maps(view_of(activity={"layers.1": [0.1, 0.9]}), 0) == [0, 1]
