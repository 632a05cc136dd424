"""Evaluation of a network on a sample of test digits, in numpy."""

from threading import Event

import numpy as np

from emnist_tui.analysis.digit_sample import DigitSample
from emnist_tui.analysis.network.forward import in_chunks
from emnist_tui.analysis.network.network import Network
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.runs.task import CLASSES

_REST = 0.001  # seconds after each chunk, in which other threads take their turn


def evaluate_sample(network: Network, sample: DigitSample, stop: Event) -> Evaluation | None:
    """Evaluate a network on the sample, unless told to stop.

    Returns None then, and if not all logits are finite. The evaluation holds no images.
    """
    logits = np.zeros((len(sample.labels), CLASSES), np.float32)
    last = network.graph.nodes[-1].name
    with np.errstate(all="ignore"):
        for place, values in in_chunks(network, sample.images):
            logits[place] = values[last]
            if stop.wait(_REST):
                return None
    if not np.isfinite(logits).all():
        return None
    return Evaluation("", "test", sample.labels, logits, sample.images[:0])
