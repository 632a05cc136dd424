"""Each format, read by other programs."""

import importlib.util
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from emnist_tui.commands import export as command
from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.export.exporter import UPRIGHT
from emnist_tui.learning.export.formats import FORMATS, METADATA, require_libraries
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.models import MODELS
from tests.support.exported_networks import ACCURACY, assert_same_logits, each_format, recipe


def test_a_state_dict_loads_into_the_recipe(network: Chain, exported: Callable[[str], Path]) -> None:
    foreign = recipe()
    foreign.load_state_dict(torch.load(exported("state-dict"), weights_only=True))
    assert_same_logits(network, lambda values: foreign(torch.from_numpy(values)).detach())


def test_safetensors_load_into_the_recipe_and_hold_metadata(network: Chain, exported: Callable[[str], Path]) -> None:
    from safetensors import safe_open

    foreign = recipe()
    with safe_open(exported("safetensors"), "pt") as file:
        foreign.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118 - no mapping
        facts = file.metadata()
    assert_same_logits(network, lambda values: foreign(torch.from_numpy(values)).detach())
    assert facts["format"] == "pt"
    assert (facts["model"], facts["data"], facts["orientation"]) == ("baseline", "synthetic digits", UPRIGHT)
    assert float(facts["test_accuracy"]) == ACCURACY


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["state-dict", "safetensors", "json"])
def test_exported_weights_are_opened_again_by_this_program(tmp_path: Path, model: str, name: str) -> None:
    network = build_model(model)
    assert isinstance(network, Chain)
    path = tmp_path / f"exported{FORMATS[name].ending}"
    path.write_bytes(FORMATS[name].pack(network.layers, {"producer": "emnist-tui 1"}))
    opened = load_checkpoint(path)
    assert opened.model == model
    assert all(torch.equal(opened.state_dict[key], value) for key, value in network.state_dict().items())


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is None, reason="without onnxruntime")
def test_an_onnx_network_takes_any_number_of_images(network: Chain, exported: Callable[[str], Path]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(exported("onnx"), providers=["CPUExecutionProvider"])
    (taken,), (given,) = session.get_inputs(), session.get_outputs()
    assert (taken.name, taken.type, taken.shape) == ("images", "tensor(float)", ["N", 1, 28, 28])
    assert (given.name, given.type, given.shape) == ("logits", "tensor(float)", ["N", 10])
    assert_same_logits(network, lambda values: session.run(None, {"images": values})[0])
    facts = session.get_modelmeta().custom_metadata_map
    assert (facts["model"], facts["orientation"]) == ("baseline", UPRIGHT)
    assert json.loads(facts["classes"]) == list(range(10))


def test_torchscript_runs_without_the_programs_classes(network: Chain, exported: Callable[[str], Path]) -> None:
    facts = {METADATA: ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        foreign = torch.jit.load(exported("torchscript"), _extra_files=facts)  # type: ignore[no-untyped-call]
    assert_same_logits(network, lambda values: foreign(torch.from_numpy(values)).detach())
    assert json.loads(facts[METADATA])["test_accuracy"] == ACCURACY


@each_format
def test_each_formats_reader_computes_the_same_logits(
    name: str, network: Chain, exported: Callable[[str], Path]
) -> None:
    assert_same_logits(network, FORMATS[name].load(exported(name), recipe()))


def test_the_command_offers_every_format() -> None:
    assert tuple(FORMATS) == command.FORMATS


def test_file_endings_are_distinct_and_none_is_that_of_a_checkpoint() -> None:
    endings = [kind.ending for kind in FORMATS.values()]
    assert len(set(endings)) == len(endings)
    assert ".pt" not in endings


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].needs])
def test_a_missing_library_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in FORMATS[name].needs:
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(EmnistTuiError, match=r"needs .*pip install 'emnist-tui\[export\]'"):
        require_libraries(name)
