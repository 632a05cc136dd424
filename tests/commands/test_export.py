"""`emnist-tui export` as users and scripts meet it."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from emnist_tui.cli import main
from emnist_tui.learning.models.baseline import Baseline
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call
from tests.support.emnist_files import draw_arrows, write_archive

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run beside its data, `small.zip`."""
    home = tmp_path_factory.mktemp("trained")
    write_archive(home / "small.zip", *draw_arrows(640, 0), *draw_arrows(200, 1))
    options = ["--data", str(home / "small.zip"), "--checkpoints", str(home / "checkpoints"), "--device", "cpu"]
    assert main(["train", "--name", "first", "--epochs", "1", *options]) == 0
    return RunFolder(home / "checkpoints" / "first")


@pytest.fixture
def home(trained: RunFolder, place: Path) -> Path:
    """A working directory with a copy of the run in `checkpoints`."""
    shutil.copytree(trained.path, place / "checkpoints" / "first")
    return place


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_stdout_is_the_path_and_stderr_what_was_checked(call: Call, home: Path) -> None:
    result = call("export", "first", "--format", "json")
    assert (result.code, result.out) == (0, "first.json\n")
    assert "loaded back and compared on 200 test images of EMNIST digits (unverified copy)" in result.err
    assert "200 of 200 predictions are equal" in result.err
    assert "float32 [N, 1, 28, 28], pixels / 255: 0 is paper, 1 is full ink; upright" in result.err
    assert json.loads((home / "first.json").read_bytes())["data"] == "EMNIST digits (unverified copy)"
    assert files(home) == {"checkpoints", "first.json"}


@pytest.mark.parametrize(
    ("checkpoint", "name"),
    [("first", "first"), ("checkpoints/first/epoch-001.pt", "first-epoch-001"), ("bare.pt", "bare")],
)
def test_the_file_is_named_as_a_report_is(call: Call, home: Path, checkpoint: str, name: str) -> None:
    shutil.copy("checkpoints/first/last.pt", "bare.pt")
    assert call("export", checkpoint, "--format", "state-dict").out == f"{name}-state-dict.pt\n"
    assert call("export", checkpoint, "--format", "torchscript").out == f"{name}.torchscript\n"


def test_an_exported_state_dict_is_a_checkpoint_again(call: Call, home: Path, trained: RunFolder) -> None:
    data = trained.path.parents[1] / "small.zip"
    call("export", "first", "--format", "state-dict", "--output", "again.pt")
    expected = json.loads(call("evaluate", "first", "--json").out)
    assert json.loads(call("evaluate", "again.pt", "--data", data, "--json").out) == expected


def test_a_file_that_is_there_is_not_replaced(call: Call, home: Path) -> None:
    (home / "first.json").write_text("precious")
    result = call("export", "first", "--format", "json")
    assert (result.code, result.out) == (2, "")
    assert "first.json already exists; choose another name with --output." in result.err
    assert (home / "first.json").read_text() == "precious"
    last = home / "checkpoints/first/last.pt"
    before = last.read_bytes()
    assert call("export", "first", "--format", "state-dict", "--output", last).code == 2
    assert last.read_bytes() == before


def test_what_cannot_be_written_is_one_sentence(call: Call, home: Path) -> None:
    result = call("export", "first", "--format", "json", "--output", "nowhere/out.json")
    assert (result.code, result.out) == (1, "")
    assert result.err.splitlines()[-1] == (
        "emnist-tui: nowhere/out.json cannot be written (No such file or directory); choose another file with --output."
    )


def test_a_network_that_answers_no_numbers_is_not_exported(call: Call, home: Path, trained: RunFolder) -> None:
    model = Baseline()
    with torch.no_grad():
        for weight in model.parameters():
            weight.fill_(3e38)
    torch.save(model.state_dict(), "huge.pt")
    data = trained.path.parents[1] / "small.zip"
    result = call("export", "huge.pt", "--format", "json", "--data", data)
    assert (result.code, result.out) == (1, "")
    assert "not finite numbers" in result.err
    assert "huge.json" not in files(home)


@pytest.mark.parametrize("library", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_library_is_named_with_its_extra(
    call: Call, home: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    result = call("export", "first", "--format", "onnx")
    assert (result.code, result.out) == (1, "")
    assert library in result.err
    assert "pip install 'emnist-tui[export]'" in result.err
    assert files(home) == {"checkpoints"}


def test_wrong_use(call: Call) -> None:
    assert call("export", "first").code == 2
    assert call("export", "first", "--format", "pickle").code == 2
    assert call("export", "none", "--format", "json").code == 2
    assert call("export", "first", "--format", "json", "--data", "nothing.zip").code == 2


def test_the_weights_are_those_of_the_checkpoint(call: Call, home: Path) -> None:
    call("export", "first", "--format", "json")
    stored = torch.load("checkpoints/first/last.pt", weights_only=True)["state_dict"]
    layers = json.loads((home / "first.json").read_bytes())["layers"]
    found = [np.array(layer[name]) for layer in layers for name in ("weight", "bias") if name in layer]
    for mine, theirs in zip(found, stored.values(), strict=True):
        np.testing.assert_array_equal(mine, theirs.double().numpy())
