"""Values and gradients by torch are those that numpy computes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from emnist_tui.analysis.network import forward
from emnist_tui.learning.inference.examine import examine
from emnist_tui.learning.inference.input_format import PLAIN, InputFormat, Scaling
from emnist_tui.learning.inference.network_graph import to_network
from emnist_tui.learning.models.registry import build_model, load_definition
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.models import MODELS
from tests.support.own_networks import STYLES, write_network

IMAGE = np.random.default_rng(2).integers(0, 256, (28, 28), dtype=np.uint8)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("trained_on", [PLAIN, InputFormat(Scaling(0.1307, 0.3081))])
def test_torch_and_numpy_give_the_same_pass(model: str, trained_on: InputFormat) -> None:
    torch.manual_seed(1)
    network = build_model(model)
    traced = to_network(network, trained_on)
    found, expected = examine(network, IMAGE, 3, traced), forward.examine(traced, IMAGE, 3)
    for one, other in (
        (found.values, expected.values),
        (found.gradients, expected.gradients),
        (found.weight_gradients, expected.weight_gradients),
    ):
        assert one.keys() == other.keys()
        for name, array in other.items():
            np.testing.assert_allclose(one[name], array, atol=1e-5 * max(1, float(np.abs(array).max())), err_msg=name)
    assert found.loss == pytest.approx(expected.loss, rel=1e-4)


@pytest.mark.parametrize("name", STYLES)
def test_every_network_of_ones_own_is_examined(name: str, tmp_path: Path) -> None:
    network = load_definition(write_network(tmp_path, name)).build()
    traced = to_network(network)
    passed = examine(network, IMAGE, 3, traced)
    assert passed.values.keys() == {"input", *(node.name for node in traced.graph.nodes)}
    with torch.no_grad():
        logits = network.eval()(torch.from_numpy(IMAGE)[None, None].float() / 255)[0]
    np.testing.assert_allclose(passed.logits, logits.numpy(), atol=1e-5)
    assert passed.gradients.keys() == passed.values.keys()
    probabilities = passed.probabilities - np.eye(10)[3]
    np.testing.assert_allclose(passed.gradients[traced.graph.nodes[-1].name], probabilities, atol=1e-5)


def test_without_a_true_class_there_are_no_gradients() -> None:
    passed = examine(build_model("baseline"), IMAGE)
    assert (dict(passed.gradients), dict(passed.weight_gradients), passed.loss) == ({}, {}, None)


def test_the_network_and_its_gradients_stay_as_they_were() -> None:
    network = build_model("compact").train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    examine(network, IMAGE, 1)
    assert network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_values_that_are_overwritten_are_kept() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 5), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(2 * 24 * 24, 10))
    traced = to_network(network)
    found, expected = examine(network, IMAGE, 3, traced), forward.examine(traced, IMAGE, 3)
    np.testing.assert_allclose(found.values["0"], expected.values["0"], atol=1e-5)
    np.testing.assert_allclose(found.gradients["0"], expected.gradients["0"], atol=1e-5)
    assert found.values["0"].min() < 0


class Inverting(nn.Module):
    """A network that takes a step more for bright images, and overwrites its input."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(784, 10)

    def forward(self, images: Tensor) -> Tensor:
        images -= 0.5
        flat = images.flatten(1)
        if float(flat.mean()) > 0.3:
            flat = flat.exp()
        logits: Tensor = self.out(flat)
        return logits


@pytest.mark.filterwarnings("ignore:Converting a tensor")
def test_an_image_may_take_more_steps_than_those_of_the_graph() -> None:
    network = Inverting()
    traced = to_network(network)
    assert not traced.graph.is_computable
    for shade in (0, 255):
        passed = examine(network, np.full((28, 28), shade, np.uint8), 1, traced)
        assert passed.values["input"].max() == shade / 255
        assert passed.logits.shape == (10,)


def test_an_image_that_takes_other_steps_is_one_sentence() -> None:
    traced = to_network(Inverting())
    with pytest.raises(EmnistTuiError, match="other steps"):
        examine(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), IMAGE, 1, traced)
