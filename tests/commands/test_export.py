"""`emnist-tui export`: output, file names and refusals. The formats are tested in tests/learning/export."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from emnist_tui.learning.models.baseline import Baseline
from tests.support.call import Call

pytestmark = pytest.mark.usefixtures("copied")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_stdout_is_the_path_and_stderr_the_verification(call: Call, place: Path) -> None:
    result = call("export", "first", "--format", "json")
    assert (result.code, result.out) == (0, "first.json\n")
    assert "loaded back and compared on 200 test images of EMNIST digits (unverified copy)" in result.err
    assert "200 of 200 predictions are equal" in result.err
    assert "float32 [N, 1, 28, 28], pixels / 255: 0 is paper, 1 is full ink; upright" in result.err
    assert json.loads((place / "first.json").read_bytes())["data"] == "EMNIST digits (unverified copy)"
    assert files(place) == {"checkpoints", "first.json"}


@pytest.mark.parametrize(
    ("checkpoint", "name"),
    [("first", "first"), ("checkpoints/first/epoch-001.pt", "first-epoch-001"), ("bare.pt", "bare")],
)
def test_file_is_named_after_its_checkpoint(call: Call, place: Path, checkpoint: str, name: str) -> None:
    shutil.copy("checkpoints/first/last.pt", "bare.pt")
    assert call("export", checkpoint, "--format", "state-dict").out == f"{name}-state-dict.pt\n"
    assert call("export", checkpoint, "--format", "torchscript").out == f"{name}.torchscript\n"


def test_exported_state_dict_is_a_checkpoint(call: Call, place: Path, archive: Path) -> None:
    call("export", "first", "--format", "state-dict", "--output", "again.pt")
    expected = json.loads(call("evaluate", "first", "--json").out)
    found = json.loads(call("evaluate", "again.pt", "--data", archive, "--json").out)
    assert {**found, "warning": None} == expected  # it may doubt the input of a network of so few steps


def test_existing_file_is_not_replaced(call: Call, place: Path) -> None:
    (place / "first.json").write_text("precious")
    result = call("export", "first", "--format", "json")
    assert (result.code, result.out) == (2, "")
    assert "first.json already exists; choose another name with --output." in result.err
    assert (place / "first.json").read_text() == "precious"
    last = place / "checkpoints/first/last.pt"
    before = last.read_bytes()
    assert call("export", "first", "--format", "state-dict", "--output", last).code == 2
    assert last.read_bytes() == before


def test_unwritable_path_is_one_sentence(call: Call, place: Path) -> None:
    result = call("export", "first", "--format", "json", "--output", "nowhere/out.json")
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-1] == (
        "emnist-tui: nowhere/out.json cannot be written (No such file or directory); choose another file with --output."
    )


def test_network_with_infinite_logits_is_not_exported(call: Call, place: Path, archive: Path) -> None:
    model = Baseline()
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(3e38)
    torch.save(model.state_dict(), "huge.pt")
    result = call("export", "huge.pt", "--format", "json", "--data", archive)
    assert (result.code, result.out) == (1, "")
    assert "not finite numbers" in result.err
    assert "huge.json" not in files(place)


@pytest.mark.parametrize("library", ["onnx", "onnxscript", "onnxruntime"])
def test_missing_library_is_named_with_its_extra(
    call: Call, place: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    result = call("export", "first", "--format", "onnx")
    assert (result.code, result.out) == (1, "")
    assert library in result.err
    assert "pip install 'emnist-tui[export]'" in result.err
    assert files(place) == {"checkpoints"}


def test_wrong_use_exits_with_2(call: Call) -> None:
    assert call("export", "first").code == 2
    assert call("export", "first", "--format", "pickle").code == 2
    assert call("export", "none", "--format", "json").code == 2
    assert call("export", "first", "--format", "json", "--data", "nothing.zip").code == 2


def test_exported_weights_are_those_of_the_checkpoint(call: Call, place: Path) -> None:
    call("export", "first", "--format", "json")
    stored = torch.load("checkpoints/first/last.pt", weights_only=True)["state_dict"]
    layers = json.loads((place / "first.json").read_bytes())["layers"]
    found = [np.array(layer[name]) for layer in layers for name in ("weight", "bias") if name in layer]
    for written, weight in zip(found, stored.values(), strict=True):
        np.testing.assert_array_equal(written, weight.double().numpy())
