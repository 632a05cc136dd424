"""A pass: its logits, probabilities, loss and classes."""

from collections.abc import Sequence

import numpy as np
import pytest

from emnist_tui.analysis.network.forward import compute_logits, examine
from emnist_tui.analysis.network.network import Network, Pass
from tests.support.networks_in_numpy import baseline, compact, strokes, with_logits


def passed(logits: Sequence[float], true: int | None = None) -> Pass:
    return examine(with_logits(baseline(), logits), strokes(1)[0], true)


def test_probabilities_and_loss_are_those_of_the_logits() -> None:
    found = passed([0, 0, 3, 0, 0, 0, 0, 0, 4, 0], true=2)
    total = 8 + np.exp(3) + np.exp(4)
    assert found.predicted == 8
    assert found.runner_up == 2
    assert found.probabilities[2] == pytest.approx(np.exp(3) / total)
    assert found.loss == pytest.approx(-np.log(np.exp(3) / total))


def test_without_a_true_class_there_is_no_loss() -> None:
    found = passed([0, 5, 0, 7, 0, 0, 0, 6, 0, 0])
    assert (found.loss, found.predicted, found.runner_up) == (None, 3, 7)


def test_a_right_answer_is_set_against_the_second() -> None:
    assert passed([0, 5, 0, 7, 0, 0, 0, 6, 0, 0], true=3).runner_up == 7


def test_huge_logits_do_not_overflow() -> None:
    found = passed([1e30, 0, 0, 0, 0, 0, 0, 0, 0, -1e30], true=9)
    assert found.probabilities[0] == 1
    assert found.loss == pytest.approx(2e30)


def test_diverged_weights_give_no_warning() -> None:
    network = compact()
    huge = {key: np.full_like(weight, 1e38) for key, weight in network.weights.items()}
    found = examine(Network(network.graph, huge), strokes(1)[0], true=3)
    assert found.probabilities.shape == (10,)
    logits = compute_logits(Network(network.graph, huge), strokes(2))
    assert not np.isfinite(logits).any()


def test_exact_weights_are_the_weights_in_float64() -> None:
    network = baseline()
    assert all(weight.dtype == np.float64 for weight in network.exact.values())
    np.testing.assert_array_equal(network.exact["layers.0.weight"], network.weights["layers.0.weight"])
