"""Evaluation of a network on a sample of digits."""

from threading import Event

import numpy as np

from emnist_tui.analysis.digit_sample import DigitSample
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.network.sample_evaluation import evaluate_sample
from tests.support.recordings import GRAPH

LABELS = np.arange(300) % 10
SAMPLE = DigitSample(np.zeros((300, 28, 28), np.uint8), LABELS, np.arange(300))


def network(bias: float) -> Network:
    weights = {"fc.weight": np.zeros((10, 784), np.float32), "fc.bias": np.zeros(10, np.float32)}
    weights["fc.bias"][3] = bias
    return Network(GRAPH, weights)


def test_all_digits_of_the_sample_are_evaluated() -> None:
    found = evaluate_sample(network(1), SAMPLE, Event())
    assert found is not None
    assert (found.images, found.accuracy) == (300, 0.1)
    assert found.confusion[:, 3].tolist() == [30] * 10


def test_an_evaluation_that_is_stopped_or_not_finite_is_none() -> None:
    stop = Event()
    assert evaluate_sample(network(np.inf), SAMPLE, stop) is None
    stop.set()
    assert evaluate_sample(network(1), SAMPLE, stop) is None
