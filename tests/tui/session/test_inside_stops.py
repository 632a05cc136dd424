"""Stops of the cursor: one for each shape of a layer, at the same part of the image."""

import numpy as np

from emnist_tui.analysis.network.layers import layers_of
from emnist_tui.tui.session.inside_stops import Stop, same_place, size_of, stop_at, stops_of, strongest, within
from emnist_tui.tui.widgets.network.view import Cursor
from tests.support.explained_networks import passed


def test_every_shape_of_a_layer_is_a_stop() -> None:
    found = passed()
    layers = layers_of(found.network.graph)
    stops = stops_of(layers, found)
    assert [(stop.layer, found.values[stop.name].shape) for stop in stops] == [
        (3, (1, 28, 28)),
        (0, (2, 24, 24)),
        (0, (2, 12, 12)),
        (1, (4, 10, 10)),
        (1, (4, 5, 5)),
        (2, (10,)),
    ]
    assert [layers[stop.layer].nodes[stop.node].operation for stop in stops[1:]] == [
        "relu", "max_pool", "sigmoid", "max_pool", "linear",
    ]  # fmt: skip


def test_norms_share_a_stop_and_residual_sums_have_their_own() -> None:
    found = passed("residual")
    layers = layers_of(found.network.graph)
    operations = [layers[stop.layer].nodes[stop.node].operation for stop in stops_of(layers, found)[1:]]
    assert operations[:5] == ["silu", "mish", "add", "relu", "avg_pool"]
    assert operations[-1] == "linear"


def test_a_cursor_on_a_hidden_node_stops_at_the_next_shown_one() -> None:
    found = passed()
    stops = stops_of(layers_of(found.network.graph), found)
    assert stop_at(stops, Cursor(3)) == 0
    assert stop_at(stops, Cursor(0, 0)) == 1
    assert stop_at(stops, Cursor(0, 2)) == 2
    assert stop_at(stops, Cursor(1, 3)) == 4
    assert stop_at(stops, Cursor(1)) == 3
    assert stop_at(stops, Cursor(2, 0)) == 5
    assert stop_at(stops, Cursor(9, 9)) == 5


def test_the_cursor_stays_at_its_part_of_the_image() -> None:
    stop = Stop(0, 2, "pool")
    large, small = np.zeros((2, 24, 24)), np.zeros((4, 12, 12))
    assert same_place(Cursor(0, 1, 1, 9, 13), large, stop, small) == Cursor(0, 2, 1, 4, 6)
    assert same_place(Cursor(0, 1, 3, 0, 0), small, stop, large) == Cursor(0, 2, 1, 1, 1)
    assert same_place(Cursor(0, 1, 3, 11, 11), small, stop, np.zeros(10)) == Cursor(0, 2, 3, 0, 0)


def test_the_cursor_stays_within_a_value() -> None:
    assert within(Cursor(0, 0, 9, -1, 30), np.zeros((2, 24, 24))) == Cursor(0, 0, 1, 0, 23)
    assert size_of(np.zeros(7)) == (7, 1, 1)


def test_the_strongest_cell_of_the_first_map_that_is_not_dead() -> None:
    value = np.zeros((3, 4, 4))
    value[1, 2, 3], value[2, 0, 0] = 1, 5
    assert strongest(Stop(0, 1, "relu"), value) == Cursor(0, 1, 1, 2, 3)
    assert strongest(Stop(0, 1, "relu"), np.zeros((3, 4, 4))) == Cursor(0, 1, 0, 0, 0)
