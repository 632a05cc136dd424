import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emnist_tui.analysis.explain.shares import Shares, shares
from emnist_tui.analysis.network.forward import examine
from emnist_tui.analysis.network.network import Pass
from tests.support.explained_networks import NETWORKS, Builder, baseline, digit, drawn, passed


def split(found: Pass, answer: int = 3, against: int = 5) -> Shares:
    result = shares(found, answer, against)
    assert result is not None
    return result


@pytest.mark.parametrize("network", sorted(NETWORKS))
@pytest.mark.parametrize("pair", [(0, 9), (9, 0), (4, 4)])
def test_shares_and_bias_add_up_to_the_lead(network: str, pair: tuple[int, int]) -> None:
    found = passed(network)
    parts = split(found, *pair)
    assert parts.lead == found.logits[pair[0]] - found.logits[pair[1]]
    assert parts.products.sum() + parts.bias == pytest.approx(parts.lead, abs=1e-12)
    assert parts.by_map.sum() + parts.bias == pytest.approx(parts.lead, abs=1e-12)
    by_map, bias, lead = parts.displayed(2)
    assert round(by_map.sum() + bias, 2) == lead == round(parts.lead, 2)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 9), st.integers(0, 9))
def test_shares_of_any_network_add_up(seed: int, answer: int, against: int) -> None:
    parts = split(drawn(seed), answer, against)
    scale = max(1.0, float(np.abs(parts.products).max()))
    assert parts.products.sum() + parts.bias == pytest.approx(parts.lead, abs=1e-11 * scale)


def test_shares_are_those_of_the_flattened_maps() -> None:
    found = passed("baseline")
    parts = split(found)
    assert parts.node == "n5"
    weight = baseline().exact["n7.weight"].reshape(10, 4, 5, 5)
    np.testing.assert_array_equal(parts.products, found.values["n5"] * (weight[3] - weight[5]))
    assert parts.by_place is not None
    assert parts.by_place.shape == (5, 5)


def test_a_mean_before_the_linear_layer_is_split_by_place() -> None:
    parts = split(passed("residual"))
    assert (parts.node, parts.products.shape) == ("n9", (6, 7, 7))


def test_a_mean_of_windows_stays_whole() -> None:
    build = Builder(0)
    build.pool("avg", 14, padding=[0, 0])
    build.add("flatten")
    build.linear(4, 10)
    assert split(examine(build.network(), digit())).products.shape == (1, 2, 2)


def test_the_largest_parts_come_first() -> None:
    parts = split(passed("baseline"))
    largest = parts.largest(5)
    sizes = [abs(part) for _, part in largest]
    assert sizes == sorted(np.abs(parts.products).ravel().tolist(), reverse=True)[:5]
    assert parts.products[largest[0][0]] == largest[0][1]


def test_the_mean_of_a_convolution_is_split_by_map_and_place() -> None:
    build = Builder(0)
    build.conv(1, 3, 5, stride=2)
    maps = build.add("relu")
    build.conv(3, 10, 3, padding=1)
    build.norm(10)
    build.add("mean", axes=[1, 2])
    build.add("log_softmax", axis=0)
    network = build.network()
    parts, blank = split(examine(network, digit())), split(examine(network, digit() * np.uint8(0)))
    assert (parts.node, parts.products.shape) == (maps, (3, 12, 12))
    assert parts.products.sum() + parts.bias == pytest.approx(parts.lead, abs=1e-12)
    np.testing.assert_allclose(parts.weights, blank.weights, atol=1e-12)
    assert parts.bias == pytest.approx(blank.bias)


def test_logits_that_are_not_linear_have_no_shares() -> None:
    build = Builder(0)
    build.pool("avg", 14, padding=[0, 0])
    build.add("flatten")
    build.linear(4, 10)
    build.add("relu")
    assert shares(examine(build.network(), digit()), 1, 2) is None


def test_a_softmax_before_the_last_operation_is_not_affine() -> None:
    build = Builder(0)
    build.conv(1, 10, 5, stride=2)
    inner = build.add("log_softmax", axis=0)
    build.add("mean", axes=[1, 2])
    assert split(examine(build.network(), digit())).node == inner
