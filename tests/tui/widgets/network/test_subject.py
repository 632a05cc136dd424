"""Subject: the cursor held within the network, vectors, kernels, and views of numbers."""

import numpy as np
import pytest

from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.network.graph import Graph, Node
from emnist_tui.analysis.network.network import Network
from emnist_tui.tui.widgets.network.levels import LevelMemory, Scale
from emnist_tui.tui.widgets.network.subject import Subject, as_maps, mosaic
from emnist_tui.tui.widgets.network.view import Cursor, Shown
from tests.support.inside_views import view_of
from tests.support.networks_in_numpy import accurate


def subject(cursor: Cursor | None = None, **parts: object) -> Subject:
    return Subject(view_of(None, cursor, **parts), LevelMemory())


@pytest.mark.parametrize(
    ("cursor", "cell"),
    [
        (Cursor(0, None, 1, 9, 13), Cell("layers.1", (1, 9, 13))),
        (Cursor(0, 0, 1, 9, 13), Cell("layers.0", (1, 9, 13))),
        (Cursor(0, 2, 9, 99, -4), Cell("layers.2", (1, 11, 0))),
        (Cursor(2, None, 7), Cell("layers.7", (7,))),
        (Cursor(3, None, 0, 30, 5), Cell("input", (0, 27, 5))),
        (Cursor(99), Cell("input", (0, 0, 0))),
    ],
)
def test_the_cursor_is_held_within_the_network(cursor: Cursor, cell: Cell) -> None:
    assert subject(cursor).cell == cell


def test_all_maps_of_a_layer_and_its_pooling_share_a_scale() -> None:
    maps = subject().maps(0)
    assert maps is not None
    assert maps.pooled is not None
    assert maps.scale.top >= maps.maps.max() >= maps.pooled.max()
    assert (maps.count, maps.shape, maps.pooled.shape) == (2, (24, 24), (2, 12, 12))


def test_gradients_movement_and_weights_are_other_numbers() -> None:
    moved = view_of()
    shown = {kind: subject(shown=kind, before=moved if kind is None else None) for kind in Shown}
    assert shown[Shown.MOVED].maps(0) is None
    gradients = shown[Shown.GRADIENTS].maps(0)
    assert gradients is not None
    assert gradients.scale.is_signed
    same = subject(shown=Shown.MOVED, before=moved.passed).maps(0)
    assert same is not None
    assert not same.maps.any()


def test_a_vector_is_one_map_of_its_units() -> None:
    maps, is_vector = as_maps(np.arange(12.0))
    assert is_vector
    assert maps.shape == (1, 2, 10)
    assert np.isnan(maps[0, 1, 2:]).all()
    assert as_maps(np.zeros((96, 1, 1)))[1]
    assert as_maps(np.zeros(96), rows=5)[0].shape == (1, 5, 20)
    assert not as_maps(np.zeros((2, 3, 3)))[1]


def test_kernels_for_several_maps_are_one_picture_with_gaps() -> None:
    picture = mosaic(np.ones((4, 3, 3)))
    assert picture.shape == (7, 7)
    assert np.isnan(picture[3]).all()
    assert mosaic(np.ones((48, 1, 1))).shape == (7, 7)
    assert subject().kernels(1, 3) is not None
    assert subject().kernels(1, 4) is None
    assert subject().kernel_scale(1).is_signed


def test_a_layer_without_maps_beside_each_other_has_units() -> None:
    last = Subject(view_of(accurate(), Cursor(12, None, 95)), LevelMemory())
    assert last.here is not None
    assert last.here.is_vector
    assert last.cell is not None
    assert last.cell.index[0] == 95


@pytest.mark.parametrize("pooled", ["input", "both"])
def test_the_pooling_of_other_maps_is_not_a_layers_own(pooled: str) -> None:
    nodes = (
        Node("conv", "conv", ("input",), weights={"weight": "weight"}),
        Node("crop", "max_pool", ("input",), {"kernel": [3, 3], "stride": [1, 1]}),
        Node("both", "concat", ("conv", "crop"), {"axis": 0}),
        Node("pool", "max_pool", (pooled,), {"kernel": [14, 14], "stride": [14, 14]}),
        Node("flat", "flatten", ("pool",)),
        Node("answer", "linear", ("flat",), weights={"weight": pooled}),
    )
    weights = {"weight": (4, 1, 3, 3), "input": (10, 4), "both": (10, 5)}
    network = Network(Graph(nodes), {key: np.ones(shape, np.float32) for key, shape in weights.items()})
    maps = Subject(view_of(network, Cursor(0, 0)), LevelMemory()).here
    assert maps is not None
    assert (maps.pool, maps.pooled) == (None, None)


def test_lost_maps_and_activity_are_found_by_any_node_of_the_layer() -> None:
    known = subject(lost={"layers.1": {1: "dead"}}, activity={"layers.1": [0.25, 0.0]})
    assert (known.lost(0, 0), known.lost(0, 1), known.activity(0, 0), known.activity(1, 0)) == ("", "dead", 0.25, None)


def test_a_dead_map_has_a_scale() -> None:
    view = view_of()
    for value in view.passed.values.values():
        value[...] = 0
    maps = Subject(view, LevelMemory()).maps(0)
    assert maps is not None
    assert maps.scale == Scale(1.0)
