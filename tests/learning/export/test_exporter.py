"""Exported networks, each read by a program that is not this one, and what is not exported."""

import importlib.util
import io
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from emnist_tui.commands import export as command
from emnist_tui.learning.checkpoint.format import Checkpoint, Progress, TrainingState, save_checkpoint
from emnist_tui.learning.export import exporter, formats
from emnist_tui.learning.export.exporter import STORED, UPRIGHT, Check, describe, export_checkpoint
from emnist_tui.learning.export.formats import FORMATS, METADATA
from emnist_tui.learning.export.json_format import compute_logits, describe_layers
from emnist_tui.learning.inference.evaluate import Transposed
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.models.registry import MODELS
from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from tests.support.emnist_files import draw_arrows

Values = npt.NDArray[np.float32]
ACCURACY = 0.9725


@pytest.fixture
def network() -> Chain:
    torch.manual_seed(3)
    return Baseline().eval()


@pytest.fixture
def checkpoint(network: Chain, tmp_path: Path) -> Path:
    """A checkpoint of this program, which says how its images lie."""
    training = TrainingState(
        progress=Progress(epoch=3, step=60),
        optimizer={},
        random={"cpu": torch.get_rng_state()},
        config=TrainConfig(data="synthetic"),
        data="synthetic digits",
        fingerprint="0123456789abcdef",
        metrics={"test_accuracy": ACCURACY},
    )
    path = tmp_path / "mine.pt"
    save_checkpoint(path, Checkpoint("baseline", network.state_dict(), training))
    return path


def needs(name: str) -> Any:
    missing = [library for library in FORMATS[name].needs if importlib.util.find_spec(library) is None]
    return pytest.param(name, marks=pytest.mark.skipif(bool(missing), reason=f"without {', '.join(missing)}"))


each_format = pytest.mark.parametrize("name", [needs(name) for name in FORMATS])


@pytest.fixture
def exported(checkpoint: Path, small_archive: Path, tmp_path: Path) -> Callable[[str], Path]:
    def export_as(name: str) -> Path:
        output = tmp_path / f"out{FORMATS[name].ending}"
        export_checkpoint(checkpoint, name, output, str(small_archive), lambda _: None)
        return output

    return export_as


def images(count: int) -> Values:
    return np.asarray(draw_arrows(count, seed=5)[0][:, None] / 255, np.float32)


def assert_answers(network: Chain, answer: Callable[[Values], Any]) -> None:
    """The same logits for one image and for several."""
    for count in (1, 7):
        with torch.no_grad():
            expected = network(torch.from_numpy(images(count))).numpy()
        np.testing.assert_allclose(answer(images(count)), expected, atol=1e-5)


# Each format, read by others


def recipe() -> nn.Sequential:
    """The documented network, as anybody writes it."""
    return nn.Sequential(
        nn.Conv2d(1, 2, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(2, 4, 3),
        nn.Sigmoid(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(100, 10),
    )


def test_the_state_dict_loads_into_the_recipe(network: Chain, exported: Callable[[str], Path]) -> None:
    theirs = recipe()
    theirs.load_state_dict(torch.load(exported("state-dict"), weights_only=True))
    assert_answers(network, lambda values: theirs(torch.from_numpy(values)).detach())


@pytest.mark.skipif(importlib.util.find_spec("safetensors") is None, reason="without safetensors")
def test_safetensors_load_into_the_recipe_and_say_what_they_are(
    network: Chain, exported: Callable[[str], Path]
) -> None:
    from safetensors import safe_open

    theirs = recipe()
    with safe_open(exported("safetensors"), "pt") as file:
        theirs.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118 - no mapping
        facts = file.metadata()
    assert_answers(network, lambda values: theirs(torch.from_numpy(values)).detach())
    assert facts["format"] == "pt"
    assert (facts["model"], facts["data"], facts["orientation"]) == ("baseline", "synthetic digits", UPRIGHT)
    assert float(facts["test_accuracy"]) == ACCURACY


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is None, reason="without onnxruntime")
def test_onnx_takes_any_number_of_images(network: Chain, exported: Callable[[str], Path]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(exported("onnx"), providers=["CPUExecutionProvider"])
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.name, taken.type, taken.shape) == ("images", "tensor(float)", ["N", 1, 28, 28])
    assert (given.name, given.type, given.shape) == ("logits", "tensor(float)", ["N", 10])
    assert_answers(network, lambda values: session.run(None, {"images": values})[0])
    facts = session.get_modelmeta().custom_metadata_map
    assert (facts["model"], facts["orientation"]) == ("baseline", UPRIGHT)
    assert json.loads(facts["classes"]) == list(range(10))


def test_torchscript_runs_without_the_programs_classes(network: Chain, exported: Callable[[str], Path]) -> None:
    facts = {METADATA: ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        theirs = torch.jit.load(exported("torchscript"), _extra_files=facts)  # type: ignore[no-untyped-call]
    assert_answers(network, lambda values: theirs(torch.from_numpy(values)).detach())
    assert json.loads(facts[METADATA])["test_accuracy"] == ACCURACY


def test_json_needs_nothing_but_numpy(network: Chain, exported: Callable[[str], Path]) -> None:
    """Pixel by pixel, as the file says it."""
    found = json.loads(exported("json").read_bytes())
    assert (found["model"], found["test_accuracy"], found["classes"]) == ("baseline", ACCURACY, list(range(10)))
    assert "/ 255" in found["input"]
    assert_answers(network, lambda values: np.stack([slowly(found["layers"], image) for image in values]))


def slowly(layers: list[dict[str, Any]], values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    for layer in layers:
        match layer["type"]:
            case "Conv2d":
                assert layer["stride"] == [1, 1]
                weight, bias = np.array(layer["weight"]), np.array(layer["bias"])
                size = weight.shape[-1]
                rows, columns = values.shape[1] - size + 1, values.shape[2] - size + 1
                answer = np.empty((len(weight), rows, columns))
                for channel, row, column in np.ndindex(answer.shape):
                    window = values[:, row : row + size, column : column + size]
                    answer[channel, row, column] = (window * weight[channel]).sum() + bias[channel]
                values = answer
            case "MaxPool2d":
                size = layer["kernel_size"]
                rows, columns = values.shape[1] // size, values.shape[2] // size
                answer = np.empty((len(values), rows, columns))
                for channel, row, column in np.ndindex(answer.shape):
                    window = values[channel, size * row : size * row + size, size * column : size * column + size]
                    answer[channel, row, column] = window.max()
                values = answer
            case "ReLU":
                values = np.where(values > 0, values, 0)
            case "Sigmoid":
                values = 1 / (1 + np.exp(-values))
            case "Flatten":
                values = values.ravel()
            case "Linear":
                values = np.array(layer["weight"]) @ values + np.array(layer["bias"])
    return values


@pytest.mark.parametrize("model", MODELS)
@each_format
def test_every_model_has_every_format(
    model: str, name: str, checkpoint: Path, small_archive: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    loaded = torch.load(checkpoint, weights_only=True)
    torch.save({**loaded, "model": model, "state_dict": MODELS[model]().state_dict()}, checkpoint)
    output = tmp_path / "out"
    check = export_checkpoint(checkpoint, name, output, str(small_archive), lambda _: None)
    assert output.exists()
    assert (check.images, check.equal) == (20, 20)
    assert check.difference < 1e-4


def test_the_command_offers_every_format() -> None:
    assert tuple(FORMATS) == command.FORMATS


def test_two_formats_never_share_a_name_nor_take_a_checkpoints() -> None:
    endings = [kind.ending for kind in FORMATS.values()]
    assert len(set(endings)) == len(endings)
    assert ".pt" not in endings


# How images must lie


@each_format
def test_a_network_trained_on_images_on_their_side_takes_them_so(
    name: str, network: Chain, small_archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "restore", lambda *_: Transposed(network))
    path, output = tmp_path / "theirs.pt", tmp_path / "out"
    torch.save(network.state_dict(), path)
    check = export_checkpoint(path, name, output, str(small_archive), lambda _: None)
    assert STORED in check.input
    answer = FORMATS[name].load(output, recipe())
    assert_answers(network, answer)  # the weights are theirs: nothing is turned in them


def test_a_checkpoint_of_which_less_is_known_says_less(network: Chain) -> None:
    facts = describe(Checkpoint("baseline", network.state_dict()), is_transposed=True)
    assert facts["orientation"] == STORED
    assert not {"data", "test_accuracy"} & facts.keys()


# What is not kept


def _other_weights(layers: nn.Sequential, facts: formats.Facts) -> bytes:
    with torch.no_grad():
        changed = {key: weight + 0.01 for key, weight in layers.state_dict().items()}
    packed = io.BytesIO()
    torch.save(changed, packed)
    return packed.getvalue()


def _missing_weight(layers: nn.Sequential, facts: formats.Facts) -> bytes:
    packed = io.BytesIO()
    torch.save(dict(list(layers.state_dict().items())[1:]), packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("pack", "sentence"),
    [
        (_other_weights, "answers differently, by as much as"),
        (_missing_weight, "cannot be loaded back"),
        (lambda *_: b"", "cannot be loaded back"),
    ],
    ids=["other weights", "a weight missing", "empty"],
)
def test_a_file_that_answers_differently_is_not_kept(
    pack: Callable[[nn.Sequential, formats.Facts], bytes],
    sentence: str,
    exported: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    monkeypatch.setitem(FORMATS, "state-dict", replace(FORMATS["state-dict"], pack=pack))
    with pytest.raises(EmnistTuiError, match=sentence):
        exported("state-dict")
    assert {path.name for path in tmp_path.iterdir()} == before


def test_what_is_there_is_not_replaced(exported: Callable[[str], Path]) -> None:
    content = (output := exported("json")).read_bytes()
    with pytest.raises(UsageError, match="--output"):
        exported("json")
    assert output.read_bytes() == content


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].needs])
def test_a_library_that_is_not_there_is_named(
    name: str, exported: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in FORMATS[name].needs:
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(EmnistTuiError, match=r"needs .*pip install 'emnist-tui\[export\]'"):
        exported(name)


def test_a_layer_that_json_does_not_know_is_one_sentence() -> None:
    with pytest.raises(EmnistTuiError, match="cannot hold the layer"):
        describe_layers(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1)))


def test_numpy_answers_as_torch_does_where_sides_are_odd() -> None:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 3, 4, stride=(2, 1)), nn.MaxPool2d(2), nn.Sigmoid(), nn.Flatten())
    values = 900 * images(3)  # so large that exp would overflow
    with np.errstate(all="raise", under="ignore"):
        answered = compute_logits(describe_layers(layers), values)
    np.testing.assert_allclose(answered, layers(torch.from_numpy(values)).detach().numpy(), atol=1e-4)


def test_without_its_own_data_synthetic_digits_check_it(
    root: Path, network: Chain, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emnist_tui.learning.data.dataset.SYNTHETIC_TRAIN", 20)
    monkeypatch.setattr("emnist_tui.learning.data.dataset.SYNTHETIC_TEST", 2500)
    loaded = torch.load(checkpoint, weights_only=True)
    loaded["config"]["data"] = "emnist"
    torch.save(loaded, checkpoint)
    told: list[str] = []
    check = export_checkpoint(checkpoint, "json", tmp_path / "out.json", None, told.append)
    assert isinstance(check, Check)
    assert (check.data, check.images) == ("synthetic digits", 1000)
    assert any("not with what it was trained on" in sentence for sentence in told)
