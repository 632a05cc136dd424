"""`emnist-tui evaluate`: numbers, other people's checkpoints, and checkpoints that are unusable."""

import json
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, f1_score, log_loss, precision_recall_fscore_support

from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.cli import main
from emnist_tui.learning.data.dataset import load_dataset
from emnist_tui.learning.inference.predictor import scale
from emnist_tui.learning.models.registry import build_model
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.files import read_tree
from tests.support.trained_run import (
    EPOCHS,
    NAME,
    TEST,
    Weights,
    events_of,
    named,
    stored_evaluation,
    train_arguments,
    weights,
)


@pytest.mark.parametrize("arguments", [("evaluate", "first"), ("compare", "first", "first")], ids=" ".join)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_numbers_are_printed_though_stderr_is_full(
    copied: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == TEST


def test_evaluate_agrees_with_scikit_learn(call: Call, copied: RunFolder) -> None:
    result = call("evaluate", "first", "--json")
    assert result.code == 0
    found = result.json
    with np.load(copied.path / f"evaluation-epoch-{EPOCHS:03d}.npz") as arrays:
        true, logits = arrays["true"], arrays["logits"].astype(np.float64)
    predicted = logits.argmax(axis=1)
    digits = list(range(10))
    assert (found["dataset"], found["images"], found["split"]) == (NAME, TEST, "test")
    assert found["confusion"] == confusion_matrix(true, predicted, labels=digits).tolist()
    assert found["accuracy"] == (true == predicted).mean()
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert found["loss"] == pytest.approx(log_loss(true, probabilities, labels=digits))
    expected = precision_recall_fscore_support(true, predicted, labels=digits, zero_division=0)
    rows = found["per_class"]
    assert [row["class"] for row in rows] == digits
    for column, values in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [row[column] for row in rows] == pytest.approx(list(values))


def test_interval_macro_f1_and_calibration_error_are_printed(call: Call, copied: RunFolder) -> None:
    found = call("evaluate", "first", "--json").json
    kept = stored_evaluation(copied)
    assert found["macro_f1"] == pytest.approx(f1_score(kept.true, kept.predicted, average="macro"))
    assert found["accuracy_interval"] == list(kept.accuracy_interval)
    assert found["calibration_error"] == pytest.approx(kept.calibration_error)
    low, high = found["accuracy_interval"]
    assert low < found["accuracy"] < high
    text = call("evaluate", "first").out
    assert f"95 % interval {low * 100:.2f} % to {high * 100:.2f} %" in text
    assert f"macro F1 {found['macro_f1'] * 100:.2f} %" in text
    assert f"calibration error {found['calibration_error'] * 100:.2f} %" in text


def test_fingerprint_of_the_data_is_kept(call: Call, copied: RunFolder) -> None:
    record = json.loads(copied.run_json.read_text())
    assert call("evaluate", "first", "--output", "kept").code == 0
    fingerprints = {stored_evaluation(copied).fingerprint, Evaluation.load(Path("kept/evaluation.npz")).fingerprint}
    assert fingerprints == {record["fingerprint"]}
    assert record["fingerprint"]


def test_all_commands_print_the_same_numbers(call: Call, copied: RunFolder) -> None:
    evaluated = named(events_of(copied), "evaluated")[-1]
    found = call("evaluate", "first", "--json").json
    mistakes = call("errors", "first", "--limit", 1000, "--json").json
    assert {key: found[key] for key in ("accuracy", "loss", "images")} == {
        key: evaluated[key] for key in ("accuracy", "loss", "images")
    }
    assert (mistakes["dataset"], mistakes["images"]) == (found["dataset"], found["images"])
    assert mistakes["errors"] == len(mistakes["shown"]) == round(TEST * (1 - found["accuracy"]))
    assert mistakes["errors"] > 0
    confusion = np.zeros((10, 10), int)
    for mistake in mistakes["shown"]:
        confusion[mistake["true"], mistake["predicted"]] += 1
    assert (confusion + np.diag(np.diag(found["confusion"]))).tolist() == found["confusion"]
    (entry,) = call("runs", "--json").json
    assert entry["test_accuracy"] == found["accuracy"]
    text = call("evaluate", "first").out
    assert f"accuracy {found['accuracy'] * 100:.2f} %" in text
    matrix = [line.split()[1:] for line in text.splitlines() if len(line.split()) == 11]
    assert matrix == [[str(number) for number in row] for row in found["confusion"]]


def test_output_folder_has_predictions_and_events(call: Call, root: Path, copied: RunFolder) -> None:
    assert call("evaluate", "first", "--output", root.parent / "kept").code == 0
    events = events_of(RunFolder(root.parent / "kept"))
    assert events[-1]["accuracy"] == named(events_of(copied), "evaluated")[-1]["accuracy"]
    assert (root.parent / "kept" / events[-1]["file"]).exists()


def _nested(state: Weights) -> object:
    return {"epoch": 3, "model_state_dict": state, "name": "mine"}


def _renamed(state: Weights) -> object:
    keys = ("conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc.weight", "fc.bias")
    return dict(zip(keys, state.values(), strict=True))


def _transposed(state: Weights) -> Weights:
    """Return the same network as if trained on images that lie on their side."""
    turned = dict(state)
    turned["layers.0.weight"] = state["layers.0.weight"].transpose(2, 3).contiguous()
    turned["layers.3.weight"] = state["layers.3.weight"].transpose(2, 3).contiguous()
    turned["layers.7.weight"] = state["layers.7.weight"].reshape(10, 4, 5, 5).transpose(2, 3).reshape(10, 100)
    return turned


@pytest.mark.parametrize(
    "form",
    [dict, _nested, _renamed, _transposed, lambda state: _nested(_transposed(state))],
    ids=["plain", "nested", "renamed", "transposed", "nested and transposed"],
)
def test_state_dict_of_another_script_is_evaluated(
    call: Call, root: Path, copied: RunFolder, archive: Path, form: Callable[[Weights], object]
) -> None:
    torch.save(form(weights(copied.last_checkpoint)), "mine.pt")
    expected = call("evaluate", "first", "--json").json
    found = call("evaluate", "mine.pt", "--data", archive, "--json")
    assert (found.code, found.json["confusion"]) == (0, expected["confusion"])
    assert found.json["loss"] == pytest.approx(expected["loss"], rel=1e-5)


def test_network_trained_on_transposed_images_fails_on_upright_ones(copied: RunFolder, archive: Path) -> None:
    """Otherwise the test above could not fail."""
    model = build_model("baseline")
    model.load_state_dict(_transposed(weights(copied.last_checkpoint)))
    test = load_dataset(str(archive)).test
    with torch.inference_mode():
        right = (model(scale(test.images)).argmax(1) == test.labels).float().mean()
    assert right < 0.5 < named(events_of(copied), "evaluated")[-1]["accuracy"]


class _Marking:
    """Object whose unpickling runs code."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.marker}'",)


def _truncated(path: Path, good: Path) -> None:
    path.write_bytes(good.read_bytes()[:-500])


def _flipped(path: Path, good: Path) -> None:
    content = bytearray(good.read_bytes())
    weight = weights(good)["layers.7.weight"].numpy().tobytes()
    content[content.index(weight) + 40] ^= 0x01
    path.write_bytes(content)


def _text(path: Path, good: Path) -> None:
    path.write_text("epoch,loss\n1,0.3\n")


def _empty(path: Path, good: Path) -> None:
    path.touch()


def _pickled_code(path: Path, good: Path) -> None:
    path.write_bytes(pickle.dumps(_Marking(path.parent / "marker")))


def _saved_code(path: Path, good: Path) -> None:
    torch.save({"weights": _Marking(path.parent / "marker")}, path)


def _future(path: Path, good: Path) -> None:
    torch.save({**torch.load(good, weights_only=True), "emnist_tui_format": 99}, path)


def _other_shapes(path: Path, good: Path) -> None:
    torch.save(torch.nn.Sequential(torch.nn.Linear(784, 10)).state_dict(), path)


def _own_of_other_shapes(path: Path, good: Path) -> None:
    content = torch.load(good, weights_only=True)
    content["state_dict"]["layers.7.weight"] = torch.zeros(10, 99)
    torch.save(content, path)


def _not_finite(path: Path, good: Path) -> None:
    torch.save({key: weight * float("nan") for key, weight in weights(good).items()}, path)


def _no_weights(path: Path, good: Path) -> None:
    torch.save({"accuracy": 0.97}, path)


@pytest.mark.parametrize(
    ("write", "phrase"),
    [
        (_truncated, "damaged"),
        (_flipped, "damaged"),
        (_text, "not a PyTorch checkpoint"),
        (_empty, "not a PyTorch checkpoint"),
        (_pickled_code, "not a PyTorch checkpoint"),
        (_saved_code, "could run code"),
        (_future, "newer emnist-tui"),
        (_other_shapes, "does not match the baseline model: expected "),
        (_own_of_other_shapes, "does not match the baseline model: expected "),
        (_not_finite, "not finite"),
        (_no_weights, "holds no weights"),
    ],
)
def test_unusable_checkpoint_is_refused(
    call: Call, root: Path, copied: RunFolder, write: Callable[[Path, Path], None], phrase: str
) -> None:
    path = root / "bad.pt"
    write(path, copied.last_checkpoint)
    before = read_tree(root.parent)
    for command in ("evaluate", "errors"):
        check_refused(call(command, path), 1, str(path), phrase)
    entry = next(entry for entry in call("runs", "--json").json if entry["name"] == "bad.pt")
    assert phrase in entry["problem"]
    assert read_tree(root.parent) == before
    # A run whose newest checkpoint is unusable resumes from an older one, if there is one.
    for good in copied.path.glob("*.pt"):
        shutil.copy(path, good)
    check_refused(call("train", "--resume", "first", "--epochs", EPOCHS + 1), 1)
    assert not (root / "marker").exists()


@pytest.mark.parametrize("name", ["nothing", "nothing.pt", "nowhere/last.pt"])
def test_missing_checkpoint_is_named(call: Call, name: str) -> None:
    check_refused(call("evaluate", name), 2, name)


@pytest.mark.parametrize("below", ["file", "file/below"])
def test_folder_that_cannot_be_written_is_named(
    call: Call, root: Path, copied: RunFolder, archive: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below a regular file, where even root cannot write."""
    Path("file").write_text("mine")
    before = read_tree(root.parent)
    check_refused(call(*train_arguments(archive, below)), 1, below, "cannot be written")
    check_refused(call("evaluate", "first", "--output", below), 1, below, "cannot be written")
    monkeypatch.setenv("EMNIST_TUI_DATA", str(root.parent / below))
    check_refused(call("data", "import", archive), 1, below, "EMNIST_TUI_DATA")
    assert read_tree(root.parent) == before
