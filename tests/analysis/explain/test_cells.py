import numpy as np
import pytest

from emnist_tui.analysis.explain.cells import Cell, cell_at, consumers, node_of, stride_of, unreshaped, window
from emnist_tui.analysis.network.graph import Node
from tests.support.explained_networks import baseline


def test_a_cell_is_held_within_its_value() -> None:
    assert cell_at("n0", np.zeros((2, 3, 4)), 5, -1, 9) == Cell("n0", (1, 0, 3))
    assert cell_at("n0", np.zeros(10), 12, 7) == Cell("n0", (9,))


def test_a_window_leaves_out_padding() -> None:
    node = Node("conv", "conv", ("input",), {"stride": [2, 2], "padding": [1, 1], "dilation": [1, 2]})
    assert window(node, (3, 2), (5, 5), 0, 1).tolist() == [
        [[-1, -1], [-1, -1]],
        [[0, 1], [0, 3]],
        [[1, 1], [1, 3]],
    ]


@pytest.mark.parametrize(("operation", "stride"), [("conv", (1, 1)), ("max_pool", (3, 2))])
def test_the_default_stride_is_that_of_torch(operation: str, stride: tuple[int, int]) -> None:
    assert stride_of(Node("n", operation, ("input",)), (3, 2)) == stride


def test_flattened_maps_are_found() -> None:
    graph = baseline().graph
    assert unreshaped(graph, "n6") == "n5"
    assert unreshaped(graph, "n5") == "n5"
    assert [node.name for node in consumers(graph, "n5")] == ["n6"]
    assert node_of(graph, "input") is None
