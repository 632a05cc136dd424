"""Exports that are checked before they are written."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from emnist_tui.learning.checkpoint.format import Checkpoint, load_checkpoint
from emnist_tui.learning.export import formats
from emnist_tui.learning.export.exporter import UPRIGHT, describe, export_checkpoint
from emnist_tui.learning.export.formats import FORMATS
from emnist_tui.learning.models.layers import Chain
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.errors import EmnistTuiError, UsageError
from emnist_tui.runs.foreign_weights import ForeignWeights
from emnist_tui.runs.models import MODELS
from tests.support.exported_networks import ACCURACY, assert_same_logits, each_format, needs, recipe
from tests.support.rewritten_networks import LAID, SCALED, rewrite


@pytest.mark.parametrize("model", MODELS)
@each_format
def test_every_model_exports_to_every_format(
    model: str, name: str, checkpoint: Path, small_archive: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    loaded = torch.load(checkpoint, weights_only=True)
    torch.save({**loaded, "model": model, "state_dict": build_model(model).state_dict()}, checkpoint)
    output = tmp_path / "out"
    check = export_checkpoint(checkpoint, name, output, str(small_archive), lambda _: None)
    assert output.exists()
    assert (check.images, check.equal) == (20, 20)
    assert check.difference < 1e-4


@pytest.mark.parametrize("name", [needs(name) for name in FORMATS if name != "onnx"])  # onnx takes seconds
def test_a_network_of_another_input_is_exported_for_the_programs_own(
    name: str, network: Chain, small_archive: Path, tmp_path: Path
) -> None:
    path, output = tmp_path / "foreign.pt", tmp_path / "out"
    torch.save(rewrite(network.state_dict(), LAID["transposed"], SCALED["inverted-mnist"]), path)
    foreign = ForeignWeights(input_scaling="transposed-inverted-mnist")
    check = export_checkpoint(path, name, output, str(small_archive), lambda _: None, foreign)
    assert UPRIGHT in check.input
    assert (check.loaded.input_scaling, check.loaded.orientation) == ("inverted-mnist", "transposed")
    assert_same_logits(network, FORMATS[name].load(output, recipe()))
    if name == "json":
        facts = json.loads(output.read_bytes())
        assert facts["trained_on"].startswith("(1 - ink - 0.1307) / 0.3081, transposed")


def test_a_checkpoint_of_a_run_is_described_in_full(network: Chain, checkpoint: Path) -> None:
    facts = describe(load_checkpoint(checkpoint))
    assert (facts["orientation"], facts["epoch"], facts["step"]) == (UPRIGHT, 3, 60)
    assert (facts["data"], facts["test_accuracy"]) == ("synthetic digits", ACCURACY)


def test_a_foreign_checkpoint_is_described_without_training_facts(network: Chain) -> None:
    facts = describe(Checkpoint("baseline", network.state_dict()))
    assert facts["orientation"] == UPRIGHT
    assert not {"data", "test_accuracy", "trained_on"} & facts.keys()


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
    ("pack", "message"),
    [
        (_other_weights, "logits differ by up to"),
        (_missing_weight, "cannot be loaded back"),
        (lambda *_: b"", "cannot be loaded back"),
    ],
    ids=["other weights", "a missing weight", "an empty file"],
)
def test_a_file_that_fails_the_check_is_not_written(
    pack: Callable[[nn.Module, formats.Facts], bytes],
    message: str,
    checkpoint: Path,
    small_archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    monkeypatch.setitem(FORMATS, "state-dict", replace(FORMATS["state-dict"], pack=pack))
    with pytest.raises(EmnistTuiError, match=message):
        export_checkpoint(checkpoint, "state-dict", tmp_path / "out", str(small_archive), lambda _: None)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_an_existing_file_is_not_overwritten(checkpoint: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    output.write_text("mine")
    with pytest.raises(UsageError, match="already exists; choose another name with --output"):
        export_checkpoint(checkpoint, "json", output, None, lambda _: None)
    assert output.read_text() == "mine"


def test_a_missing_library_is_reported_before_any_work(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "json", replace(FORMATS["json"], needs=("no_such_library",)))
    phases: list[str] = []
    with pytest.raises(EmnistTuiError, match="needs no_such_library"):
        export_checkpoint(checkpoint, "json", tmp_path / "out.json", None, phases.append)
    assert phases == []


def test_synthetic_digits_check_the_export_if_the_training_data_is_unavailable(
    root: Path, tmp_path: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emnist_tui.learning.data.digits.SYNTHETIC_TRAIN", 20)
    monkeypatch.setattr("emnist_tui.learning.data.digits.SYNTHETIC_TEST", 2500)
    loaded = torch.load(checkpoint, weights_only=True)
    loaded["config"]["data"] = "emnist"
    torch.save(loaded, checkpoint)
    phases: list[str] = []
    check = export_checkpoint(checkpoint, "json", tmp_path / "out.json", None, phases.append)
    assert (check.data, check.images) == ("synthetic digits", 1000)
    assert any("training data is unavailable" in phase for phase in phases)


@pytest.mark.parametrize("name", ["state-dict", "safetensors", "torchscript", "json"])
def test_an_exported_network_is_read_back_exactly(
    name: str, network: Chain, checkpoint: Path, small_archive: Path, tmp_path: Path
) -> None:
    output = tmp_path / f"out{FORMATS[name].ending}"
    export_checkpoint(checkpoint, name, output, str(small_archive), lambda _: None)
    again = load_checkpoint(output)
    assert (again.model, again.training) == ("baseline", None)
    assert again.state_dict.keys() == network.state_dict().keys()
    assert all(torch.equal(weight, again.state_dict[key]) for key, weight in network.state_dict().items())


@pytest.mark.parametrize("name", [needs("onnx")])
def test_an_exported_onnx_network_is_named(name: str, checkpoint: Path, small_archive: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.onnx"
    export_checkpoint(checkpoint, name, output, str(small_archive), lambda _: None)
    with pytest.raises(EmnistTuiError, match="is an ONNX network, whose weights are not read"):
        load_checkpoint(output)
