"""Gradients of the loss and of logits, against torch and finite differences."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from emnist_tui.analysis.network.forward import examine, forward
from emnist_tui.analysis.network.gradients import backward, difference_gradients, with_gradients
from emnist_tui.analysis.network.graph import INPUT, Graph, Node
from emnist_tui.analysis.network.network import Network
from emnist_tui.learning.models.registry import build_model
from tests.support.networks_in_numpy import NETWORKS, baseline, stirred, strokes


@pytest.mark.parametrize("name", NETWORKS)
def test_values_and_gradients_are_those_of_torch(name: str) -> None:
    network, images = NETWORKS[name](), stirred(strokes(8))
    model = build_model(name).eval()
    model.load_state_dict({key: torch.tensor(weight) for key, weight in network.weights.items()})
    model.double()
    for true, image in enumerate(images):
        passed = examine(network, image, true)
        ink = torch.tensor(image[None, None] / 255, requires_grad=True)
        logits = model(ink)
        model.zero_grad()
        cross_entropy(logits, torch.tensor([true])).backward()  # type: ignore[no-untyped-call]
        np.testing.assert_allclose(passed.logits, logits[0].detach().numpy(), rtol=1e-9, atol=1e-9)
        assert ink.grad is not None
        np.testing.assert_allclose(passed.gradients[INPUT], ink.grad[0].numpy(), rtol=1e-7, atol=1e-9)
        trained = {key: weight.grad for key, weight in model.named_parameters()}
        assert passed.weight_gradients.keys() == trained.keys()
        for key, gradient in trained.items():
            assert gradient is not None
            np.testing.assert_allclose(passed.weight_gradients[key], gradient.numpy(), rtol=1e-7, atol=1e-9)


def test_every_value_has_the_gradient_of_its_shape() -> None:
    passed = examine(NETWORKS["compact"](), strokes(1)[0], 3)
    assert {name: each.shape for name, each in passed.gradients.items()} == {
        name: each.shape for name, each in passed.values.items()
    }


def test_a_difference_of_logits_has_its_gradient() -> None:
    network, image = baseline(), strokes(1)[0]
    passed = examine(network, image)
    slope = difference_gradients(passed, 8, 2)[INPUT][0]
    row, column = np.unravel_index(np.abs(slope).argmax(), slope.shape)
    step = 1e-5
    logits = []
    for sign in (1, -1):
        moved = image.astype(np.float64)
        moved[row, column] += sign * step * 255
        logits.append(examine(network, moved).logits)
    up, down = logits
    assert slope[row, column] == pytest.approx(((up - down)[8] - (up - down)[2]) / (2 * step), rel=1e-4)


def test_a_batch_sums_the_gradients_of_the_weights() -> None:
    network, images = baseline(), strokes(4)
    gradient = np.random.default_rng(0).standard_normal((4, 10))
    gradients, weight_gradients = backward(network, forward(network, images, np.float64), gradient)
    summed: dict[str, float | np.ndarray] = dict.fromkeys(weight_gradients, 0.0)
    for number, image in enumerate(images):
        alone, of_weights = backward(network, examine(network, image).values, gradient[number])
        np.testing.assert_allclose(gradients[INPUT][number], alone[INPUT], rtol=1e-9, atol=1e-12)
        summed = {key: total + of_weights[key] for key, total in summed.items()}
    for key, total in summed.items():
        np.testing.assert_allclose(weight_gradients[key], total, rtol=1e-9, atol=1e-12)


def test_values_and_weights_that_are_used_twice_sum_their_gradients() -> None:
    random = np.random.default_rng(0)
    weights = {"w": random.standard_normal((784, 784)), "o": random.standard_normal((10, 784))}
    nodes = (
        Node("flat", "flatten", (INPUT,)),
        Node("once", "linear", ("flat",), {}, {"weight": "w"}),
        Node("twice", "linear", ("once",), {}, {"weight": "w"}),
        Node("sum", "add", ("once", "twice")),
        Node("square", "multiply", ("sum", "sum")),
        Node("unused", "relu", ("sum",)),
        Node("out", "linear", ("square",), {}, {"weight": "o"}),
    )
    network = Network(Graph(nodes), {key: (each / 20).astype(np.float32) for key, each in weights.items()})
    image = strokes(1)[0]
    passed = examine(network, image, 1)
    w, o = (torch.tensor(network.exact[key], requires_grad=True) for key in ("w", "o"))
    once = w @ torch.tensor(image.ravel() / 255)
    cross_entropy((o @ (once + w @ once) ** 2)[None], torch.tensor([1])).backward()  # type: ignore[no-untyped-call]
    assert w.grad is not None
    np.testing.assert_allclose(passed.weight_gradients["w"], w.grad.numpy(), rtol=1e-7, atol=1e-10)
    assert not passed.gradients["unused"].any()


def test_without_a_true_class_a_pass_stays_as_it_is() -> None:
    passed = examine(baseline(), strokes(1)[0])
    assert with_gradients(passed) is passed
