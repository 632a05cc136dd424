"""Random networks of all operations, whose values and gradients are those of torch."""

from random import Random

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from emnist_tui.analysis.network.forward import compute_logits, examine
from emnist_tui.analysis.network.graph import Graph
from emnist_tui.analysis.network.shapes import check
from emnist_tui.analysis.network.signatures import SIGNATURES
from tests.support.networks_in_numpy import stirred, strokes
from tests.support.random_graphs import RandomGraph
from tests.support.torch_graph import assert_same_pass, examine_by_torch

NAMES = sorted(SIGNATURES)


@given(seed=st.integers(0, 2**32 - 1), operations=st.lists(st.sampled_from(NAMES), min_size=1, max_size=8))
@example(seed=1, operations=NAMES)
@example(seed=2, operations=NAMES[::-1])
def test_values_and_gradients_are_those_of_torch(seed: int, operations: list[str]) -> None:
    network, image = RandomGraph(seed).grow(operations), stirred(strokes(1, seed))[0]
    assert Graph.from_json(network.graph.to_json()) == network.graph
    check(network)
    true = seed % 10
    passed = examine(network, image, true)
    assert_same_pass(passed, examine_by_torch(network, image, true))
    batch = compute_logits(network, np.stack([image, image]), np.float64)
    np.testing.assert_allclose(batch, [passed.logits] * 2, rtol=0, atol=1e-9 * max(1, np.abs(passed.logits).max()))


def test_all_operations_are_drawn() -> None:
    drawn = {
        node.operation
        for seed in range(30)
        for node in RandomGraph(seed).grow(Random(seed).sample(NAMES, len(NAMES))).graph.nodes
    }
    assert drawn == set(NAMES)
