import numpy as np
import pytest

from emnist_tui.analysis.explain.saliency import input_gradient
from emnist_tui.analysis.network.forward import forward
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import InputScale, Network, Pass
from tests.support.explained_networks import digit, passed


@pytest.mark.parametrize("place", [(14, 14), (9, 17)])
def test_the_gradient_is_the_slope_of_the_lead_by_ink(place: tuple[int, int]) -> None:
    """By finite differences: a gray level more or less is 1/255 of ink, moved by the input's offset."""
    found = passed("residual")
    gradient = input_gradient(found, 3, 5)
    assert gradient is not None
    scale, last = found.network.scale, found.network.graph.nodes[-1].name
    leads = []
    for step in (1e-4, -1e-4):
        # The offset moves all pixels, so that the slope is that of the image's sum.
        network = Network(found.network.graph, found.network.weights, InputScale(scale.factor, scale.offset + step))
        logits = forward(network, digit()[None], np.float64)[last][0]
        leads.append(logits[3] - logits[5])
    slope = (leads[0] - leads[1]) / 2e-4 * scale.factor
    assert gradient.sum() == pytest.approx(slope, rel=1e-4)
    changed = np.stack([digit(), digit()])
    changed[0][place] += 1
    changed[1][place] -= 1
    logits = forward(found.network, changed, np.float64)[last]
    lead = logits[:, 3] - logits[:, 5]
    assert gradient[place] == pytest.approx((lead[0] - lead[1]) / 2 * 255, rel=0.02, abs=1e-4)


def test_an_unknown_operation_has_no_gradient() -> None:
    graph = Graph((Node("odd", UNKNOWN, (INPUT,), {"type": "Fourier"}),))
    found = Pass(Network(graph, {}), digit(), {INPUT: np.zeros((1, 28, 28)), "odd": np.ones(10)})
    assert input_gradient(found, 3, 5) is None
