"""Forward passes, of one image and of many."""

from typing import Any

import numpy as np
import pytest

from emnist_tui.analysis.network import forward as module
from emnist_tui.analysis.network.forward import compute_logits, examine, forward, in_chunks
from emnist_tui.analysis.network.gradients import backward
from emnist_tui.analysis.network.graph import INPUT, UNKNOWN, Graph, Node
from emnist_tui.analysis.network.network import InputScale, Network
from tests.support.networks_in_numpy import NETWORKS, baseline, strokes


def test_the_input_is_scaled_ink() -> None:
    image = strokes(1)[0]
    network = baseline()
    scaled = Network(network.graph, network.weights, InputScale(1 / 0.3081, -0.1307 / 0.3081))
    np.testing.assert_allclose(examine(network, image).values[INPUT][0], image / 255)
    np.testing.assert_allclose(examine(scaled, image).values[INPUT][0], (image / 255 - 0.1307) / 0.3081, atol=1e-12)


def test_a_pass_has_all_values_and_gradients_with_a_true_class() -> None:
    network, image = baseline(), strokes(1)[0]
    names = {INPUT, *(node.name for node in network.graph.nodes)}
    with_class, without = examine(network, image, 2), examine(network, image)
    assert with_class.values.keys() == with_class.gradients.keys() == names
    assert with_class.weight_gradients.keys() == network.weights.keys()
    assert without.values.keys() == names
    assert not without.gradients
    assert not without.weight_gradients
    assert all(value.dtype == np.float64 for value in with_class.values.values())


@pytest.mark.parametrize("name", NETWORKS)
def test_a_batch_has_the_values_of_its_images(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network, images = NETWORKS[name](), strokes(7)
    monkeypatch.setattr(module, "_MOST", 3)
    alone = np.stack([examine(network, image).logits for image in images])
    np.testing.assert_allclose(compute_logits(network, images, np.float64), alone, rtol=1e-9, atol=1e-11)
    logits = compute_logits(network, images)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, alone, rtol=1e-3, atol=1e-4)
    assert [(place.start, place.stop) for place, _ in in_chunks(network, images)] == [(0, 3), (3, 6), (6, 7)]
    assert all(value.dtype == np.float32 for value in forward(network, images).values())


def test_no_images_have_no_logits() -> None:
    assert compute_logits(baseline(), np.zeros((0, 28, 28), np.uint8)).shape == (0, 10)


def test_what_only_torch_knows_is_refused() -> None:
    settings: dict[str, Any] = {"type": "attention"}
    network = Network(Graph((Node("body", UNKNOWN, (INPUT,), settings),)), {})
    with pytest.raises(ValueError, match="'body' is not computed in numpy"):
        examine(network, strokes(1)[0])
    with pytest.raises(ValueError, match="'body' is not computed in numpy"):
        compute_logits(network, strokes(1))
    with pytest.raises(ValueError, match="not computed in numpy"):
        backward(network, {INPUT: np.zeros((1, 28, 28))}, np.zeros(10))
