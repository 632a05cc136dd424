import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emnist_tui.analysis.explain.arithmetic import Arithmetic, Kind
from emnist_tui.analysis.explain.cells import Cell
from emnist_tui.analysis.explain.sums import arithmetic, trace
from emnist_tui.analysis.network.graph import INPUT, OPERATIONS, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import Network, Pass
from tests.support.explained_networks import NETWORKS, digit, drawn, passed

PASSES = {name: passed(name) for name in NETWORKS}


def random_cell(found: Pass, name: str, seed: int) -> Cell:
    generator = np.random.default_rng(seed)
    return Cell(name, tuple(int(generator.integers(size)) for size in found.values[name].shape))


def check(found: Pass, step: Arithmetic) -> None:
    """Check that a step's numbers give its value."""
    for terms in step.terms:
        if terms.source in found.values:
            at = terms.places[terms.inside]
            np.testing.assert_array_equal(terms.values[terms.inside], found.values[terms.source][tuple(at.T)])
            assert not terms.values[~terms.inside].any()
    if step.kind is Kind.SUM:
        assert step.total == pytest.approx(step.value, rel=1e-12, abs=1e-12)
        shown = step.displayed()
        products = sum(round(float(part) * 10**4) for each in shown.products for part in each.ravel())
        assert products + round((shown.bias or 0) * 10**4) == round(shown.total * 10**4)
        assert shown.total == pytest.approx(step.value, abs=0.50001e-4)
    elif step.kind is Kind.PRODUCT:
        assert np.prod(step.products) == pytest.approx(step.value)
    elif step.kind is Kind.LARGEST:
        assert step.products[step.winner or 0] == step.value == step.products[step.terms[0].inside.ravel()].max()
    elif step.kind is Kind.COPY:
        assert step.products[0] == step.value


@settings(max_examples=150)
@given(st.integers(0, 2**32), st.data())
def test_the_arithmetic_of_any_cell_of_any_network_closes(seed: int, data: st.DataObject) -> None:
    found = drawn(seed)
    name = data.draw(st.sampled_from(sorted(found.values)))
    for folded in (False, True):
        for step in trace(found, random_cell(found, name, seed), folded=folded):
            check(found, step)


def test_the_networks_have_every_operation() -> None:
    used = {node.operation for found in PASSES.values() for node in found.network.graph.nodes}
    assert used == OPERATIONS - {UNKNOWN}


def test_every_node_of_every_network_closes() -> None:
    for found in PASSES.values():
        for name in found.values:
            for seed in range(3):
                check(found, arithmetic(found, random_cell(found, name, seed)))


def test_a_convolution_has_a_term_for_each_weight_of_its_filter() -> None:
    found = PASSES["baseline"]
    step = arithmetic(found, Cell("n3", (2, 4, 5)))
    assert (step.kind, step.operation) == (Kind.SUM, "conv")
    np.testing.assert_array_equal(step.terms[0].weights, found.network.exact["n3.weight"][2])
    assert step.terms[0].places[1, 2, 0].tolist() == [1, 6, 5]
    assert step.bias == found.network.exact["n3.bias"][2]


def test_a_depthwise_convolution_sees_its_own_map_only() -> None:
    step = arithmetic(PASSES["residual"], Cell("n3", (2, 0, 5)))
    assert step.terms[0].values.shape == (1, 3, 3)
    assert set(step.terms[0].places[..., 0].ravel().tolist()) == {-1, 2}
    assert step.terms[0].inside.sum() == 6


def test_a_linear_layer_shows_the_maps_that_were_flattened() -> None:
    step = arithmetic(PASSES["baseline"], Cell("n7", (3,)))
    assert step.terms[0].source == "n5"
    assert step.terms[0].values.shape == (4, 5, 5)
    assert step.terms[0].places[1, 2, 3].tolist() == [1, 2, 3]


def test_a_pooled_cell_leads_back_to_the_sum_of_its_winner() -> None:
    steps = trace(PASSES["baseline"], Cell("n2", (1, 4, 4)))
    assert [step.operation for step in steps] == ["conv", "relu", "max_pool"]
    row, column = steps[0].cell.index[1:]
    assert (row // 2, column // 2) == (4, 4)
    assert steps[1].formula == "max(0, x)"


def test_the_first_of_equals_wins() -> None:
    found = passed("baseline")
    values = {**found.values, "n1": np.zeros_like(found.values["n1"]), "n2": np.zeros_like(found.values["n2"])}
    assert arithmetic(Pass(found.network, found.image, values), Cell("n2", (0, 1, 1))).winner == 0


def test_a_folded_norm_is_one_sum_with_the_convolution() -> None:
    found, cell = PASSES["residual"], Cell("n1", (2, 3, 4))
    whole, steps = arithmetic(found, cell, folded=True), trace(found, cell)
    assert whole.is_folded
    assert whole.operation == "conv"
    assert whole.total == pytest.approx(whole.value, rel=1e-12)
    assert [step.operation for step in steps] == ["conv", "batch_norm"]
    assert not steps[0].is_folded
    np.testing.assert_allclose(whole.terms[0].weights, steps[0].terms[0].weights * steps[1].facts["scale"])


def test_a_residual_sum_has_two_terms() -> None:
    step = arithmetic(PASSES["residual"], Cell("n6", (1, 3, 3)))
    assert [terms.source for terms in step.terms] == ["n2", "n5"]


def test_the_input_is_scaled_ink() -> None:
    found = PASSES["residual"]
    step = arithmetic(found, Cell(INPUT, (0, 14, 14)))
    assert step.terms[0].values == found.image[14, 14] / 255
    assert step.bias == -0.4


def test_an_unknown_operation_is_a_value_without_arithmetic() -> None:
    graph = Graph((Node("odd", UNKNOWN, (INPUT,), {"type": "Fourier"}),))
    found = Pass(Network(graph, {}), digit(), {INPUT: np.zeros((1, 28, 28)), "odd": np.ones(10)})
    (step,) = trace(found, Cell("odd", (4,)))
    assert (step.kind, step.value, step.terms, step.formula) == (Kind.UNKNOWN, 1.0, (), "Fourier")
