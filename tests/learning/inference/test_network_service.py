"""Networks opened and computed for an app without torch."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from emnist_tui.analysis.network.forward import compute_logits, examine
from emnist_tui.analysis.network.graph import INPUT, Graph
from emnist_tui.analysis.network.network import InputScale, Network
from emnist_tui.analysis.network.opening import open_network
from emnist_tui.learning.checkpoint.format import Checkpoint, save_checkpoint
from emnist_tui.learning.checkpoint.own_network import OwnNetwork
from emnist_tui.learning.inference.network_service import NetworkService
from emnist_tui.learning.models.registry import load_definition
from emnist_tui.runs.errors import EmnistTuiError, NetworkNeededError, UsageError
from emnist_tui.runs.frames import Frame
from tests.support.checkpoint_files import ForeignBaseline, pack, unpack, weights
from tests.support.own_networks import write_network
from tests.support.project import PROJECT

IMAGE = np.random.default_rng(2).integers(0, 256, (28, 28), dtype=np.uint8)
BASELINE = PROJECT / "checkpoints" / "baseline-synthetic.pt"


def subject(path: Path | None = None, **foreign: str | None) -> dict[str, Any]:
    choices = {"key": None, "input_scaling": None, "network": None}
    return {"checkpoint": str(path) if path else None, "foreign": choices | foreign, "true": 3}


def network_of(frame: Frame) -> Network:
    arrays = {name.removeprefix("weights/"): array for name, array in frame.arrays.items()}
    return Network(Graph.from_json(frame.content["nodes"]), arrays, InputScale(*frame.content["scale"]))


@pytest.fixture
def service() -> NetworkService:
    return NetworkService(lambda phase: None)


def test_a_checkpoint_of_this_program_is_opened(service: NetworkService) -> None:
    opened = service.open(subject(BASELINE))
    assert opened.content["model"] == "baseline"
    assert opened.content["epoch"] == 3
    assert (opened.content["needs_torch"], opened.content["orientation"], opened.content["input"]) == (
        False,
        "upright",
        "",
    )
    network = network_of(opened)
    arrays = {"image": IMAGE, **{f"weights/{key}": weight for key, weight in network.weights.items()}}
    passed, expected = service.examine(subject(BASELINE), arrays), examine(network, IMAGE, 3)
    for name, value in expected.values.items():
        np.testing.assert_allclose(passed.arrays[f"values/{name}"], value, atol=1e-5)
    for name, gradient in expected.weight_gradients.items():
        np.testing.assert_allclose(passed.arrays[f"weight_gradients/{name}"], gradient, atol=1e-5)


@pytest.mark.parametrize("scaling", ["transposed-mnist", "transposed-inverted-bytes", "upright-half", "rotated90"])
def test_a_foreign_network_is_computed_for_the_upright_digit(
    service: NetworkService, tmp_path: Path, scaling: str
) -> None:
    from emnist_tui.learning.inference.input_format import InputFormat, parse
    from emnist_tui.learning.inference.recognition import convert

    path = tmp_path / "foreign.pt"
    path.write_bytes(pack(weights()))
    opened = service.open(subject(path, input_scaling=scaling))
    assert opened.content["orientation"] == "upright"
    assert opened.content["epoch"] is None
    assert opened.content["input"]
    trained_on, orientation = parse(scaling)
    assert trained_on
    assert orientation
    model = ForeignBaseline()
    model.load_state_dict(weights())
    ink = torch.from_numpy(IMAGE)[None, None].float() / 255
    with torch.no_grad():
        expected = model(convert(ink, InputFormat(trained_on, orientation))).numpy()
    found = compute_logits(network_of(opened), IMAGE[None], np.float64)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def as_trained_on_stored_digits() -> dict[str, torch.Tensor]:
    """Return the baseline's weights as if trained on EMNIST's files: transposed, and normalized as MNIST."""
    own = unpack(BASELINE.read_bytes())["state_dict"]
    first, mean, std = own["layers.0.weight"].mT, 0.1307, 0.3081
    columns = own["layers.7.weight"].view(10, 4, 5, 5).mT.reshape(10, 100)
    return {
        "conv1.weight": first * std,
        "conv1.bias": own["layers.0.bias"] + mean * first.sum((1, 2, 3)),
        "conv2.weight": own["layers.3.weight"].mT,
        "conv2.bias": own["layers.3.bias"],
        "fc.weight": columns,
        "fc.bias": own["layers.7.bias"],
    }


def test_maps_of_a_network_trained_on_stored_digits_are_upright(service: NetworkService, tmp_path: Path) -> None:
    path = tmp_path / "foreign.pt"
    path.write_bytes(pack(as_trained_on_stored_digits()))
    opened = service.open(subject(path, input_scaling="transposed-mnist"))
    assert opened.content["input"] == "transposed, (ink - 0.1307) / 0.3081"
    found, expected = (examine(each, IMAGE, 3) for each in (network_of(opened), open_network(BASELINE).network))
    for name, value in expected.values.items():
        if name != INPUT:
            np.testing.assert_allclose(found.values[name], value, atol=1e-4, err_msg=name)
            np.testing.assert_allclose(found.gradients[name], expected.gradients[name], atol=1e-4, err_msg=name)


def test_an_own_network_needs_its_file(service: NetworkService, tmp_path: Path) -> None:
    name = write_network(tmp_path, "PatchTransformer")
    definition = load_definition(name)
    assert definition.source
    network, path = definition.build(), tmp_path / "last.pt"
    save_checkpoint(
        path,
        Checkpoint(
            "patchtransformer.py:PatchTransformer",
            dict(network.state_dict()),
            own=OwnNetwork.of(definition.source, network),
        ),
    )
    with pytest.raises(NetworkNeededError) as needed:
        service.open(subject(path))
    assert needed.value.network == name
    opened = service.open(subject(path, network=name))
    assert opened.content["needs_torch"]
    found = network_of(opened)
    assert not found.graph.is_computable
    arrays = {f"weights/{key}": weight * np.float32(0.5) for key, weight in found.weights.items()}
    passed = service.examine(subject(path, network=name), {"image": IMAGE, **arrays})
    network.load_state_dict({key: value * 0.5 for key, value in network.state_dict().items()})
    with torch.no_grad():
        expected = network.eval()(torch.from_numpy(IMAGE)[None, None].float() / 255)[0].numpy()
    np.testing.assert_allclose(passed.arrays["values/head"], expected, atol=1e-5)
    images = {"images": np.stack([IMAGE, 255 - IMAGE, IMAGE]), **arrays}
    logits = service.logits(subject(path, network=name), images).arrays["logits"]
    np.testing.assert_allclose(logits[[0, 2]], [expected, expected], atol=1e-5)
    values = service.values(subject(path, network=name), images).arrays
    np.testing.assert_allclose(values["head"], logits, atol=1e-5)
    for node in found.graph.nodes:
        np.testing.assert_allclose(values[node.name][0], passed.arrays[f"values/{node.name}"], atol=1e-5)
    alone = service.values(subject(path, network=name), images | {"images": IMAGE[None]}).arrays
    np.testing.assert_allclose(alone["head"], [expected], atol=1e-5)


def test_a_file_alone_is_opened_with_fresh_weights(service: NetworkService, tmp_path: Path) -> None:
    opened = service.open(subject(network=write_network(tmp_path, "ResNet")))
    assert (opened.content["model"], opened.content["epoch"]) == ("resnet.py:ResNet", None)
    assert not opened.content["needs_torch"]
    with pytest.raises(UsageError):
        service.open(subject())


def test_weights_of_another_network_are_refused(service: NetworkService) -> None:
    for name in ("weights/layers.0.weight", "weights/other"):
        with pytest.raises(EmnistTuiError, match="open it again"):
            service.examine(subject(BASELINE), {"image": IMAGE, name: np.zeros((1, 2))})


def test_a_file_that_has_changed_is_opened_anew(service: NetworkService, tmp_path: Path) -> None:
    path = tmp_path / "changing.pt"
    path.write_bytes(pack(weights(0)))
    first = service.open(subject(path, input_scaling="upright-unit"))
    path.write_bytes(pack(weights(1)))
    second = service.open(subject(path, input_scaling="upright-unit"))
    key = "weights/layers.0.weight"
    assert not np.array_equal(first.arrays[key], second.arrays[key])
