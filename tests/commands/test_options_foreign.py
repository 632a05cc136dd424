"""Foreign weights on the command line: recognized, named by hand, refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from emnist_tui.learning.checkpoint.format import load_checkpoint
from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.learning.models.baseline import Baseline
from tests.support.call import Call, check_refused
from tests.support.emnist_files import write_archive
from tests.support.project import SHIPPED_CHECKPOINT
from tests.support.rewritten_networks import LAID, SCALED, rewrite

pytestmark = pytest.mark.skipif(not SHIPPED_CHECKPOINT.exists(), reason="without the shipped checkpoint")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write synthetic digits as an archive of EMNIST."""
    path = tmp_path_factory.mktemp("digits") / "digits.zip"
    write_archive(path, *draw_digits(1500, 3), *draw_digits(300, 4))
    return path


@pytest.fixture
def theirs(place: Path) -> Path:
    """Write weights that expect normalized dark ink, transposed, beside an untrained set."""
    weights = load_checkpoint(SHIPPED_CHECKPOINT).state_dict
    rewritten = rewrite(weights, LAID["transposed"], SCALED["inverted-mnist"])
    torch.manual_seed(0)
    torch.save({"init": Baseline().state_dict(), "model": rewritten}, "theirs.pt")
    torch.save(Baseline().state_dict(), "untrained.pt")
    return place / "theirs.pt"


FOUND = {"weights": "model", "input_scaling": "inverted-mnist", "orientation": "transposed", "warning": None}


def test_every_command_finds_the_input_and_says_so(call: Call, digits: Path, theirs: Path, place: Path) -> None:
    expected = call("evaluate", SHIPPED_CHECKPOINT, "--data", digits, "--json").json
    assert expected["accuracy"] > 0.9
    evaluated = call("evaluate", "theirs.pt", "--data", digits, "--json")
    said = "theirs.pt: weights model (not init), expects transposed images, input scaling inverted-mnist"
    assert said in evaluated.err
    assert evaluated.json["confusion"] == expected["confusion"]
    assert evaluated.json.items() >= FOUND.items()

    errors = call("errors", "theirs.pt", "--data", digits, "--json", "--neighbors")
    assert errors.json["errors"] == round(300 * (1 - expected["accuracy"]))
    assert errors.json.items() >= FOUND.items()

    compared = call("compare", SHIPPED_CHECKPOINT, "theirs.pt", "--data", digits, "--json").json
    assert (compared["fixed"], compared["broken"]) == (0, 0)
    assert compared["b"].items() >= FOUND.items()
    assert (compared["a"]["input_scaling"], compared["a"]["weights"]) == ("unit", None)

    assert call("report", "theirs.pt", "--data", digits).code == 0
    assert json.loads(Path("theirs-report/metrics.json").read_text()).items() >= FOUND.items()
    page = Path("theirs-report/README.md").read_text()
    assert "inverted-mnist" in page
    assert "transposed" in page

    exported = call("export", "theirs.pt", "--format", "state-dict", "--data", digits)
    assert (exported.code, said in exported.err) == (0, True)
    again = call("evaluate", "theirs-state-dict.pt", "--data", digits, "--json").json
    assert again["confusion"] == expected["confusion"]
    assert (again["input_scaling"], again["orientation"]) == ("unit", "upright")


def test_an_input_named_by_hand_is_used(call: Call, digits: Path, theirs: Path) -> None:
    right = call("evaluate", "theirs.pt", "--data", digits, "--json").json
    for name in ("transposed-inverted-0.1307/0.3081", "inverted-mnist", "auto"):
        found = call("evaluate", "theirs.pt", "--data", digits, "--json", "--input-scaling", name).json
        assert (found["confusion"], found["input_scaling"]) == (right["confusion"], "inverted-mnist")
    wrong = call("evaluate", "theirs.pt", "--data", digits, "--json", "--input-scaling", "upright-unit").json
    assert wrong["accuracy"] < 0.5
    assert (wrong["input_scaling"], wrong["orientation"], wrong["warning"]) == ("unit", "upright", None)


def test_a_picture_is_classified_without_digits_where_the_input_is_named(call: Call, theirs: Path) -> None:
    images, labels = draw_digits(10, 4)
    Image.fromarray(255 - np.pad(images[0], 20)).save("ink.png")
    by_hand = ("--input-scaling", "transposed-inverted-mnist", "--json")
    result = call("predict", "theirs.pt", "ink.png", *by_hand)
    assert "digits" not in result.err
    assert result.json["shown"][0]["predicted"] == labels[0]
    assert result.json.items() >= FOUND.items()


def test_weights_that_no_input_fits_are_warned_about(call: Call, digits: Path, theirs: Path) -> None:
    result = call("evaluate", "untrained.pt", "--data", digits, "--json")
    assert result.code == 0
    (line,) = [line for line in result.err.splitlines() if line.startswith("warning: untrained.pt classifies only")]
    assert line.endswith("name the input it was trained on with --input-scaling.")
    assert result.json["warning"] == line.removeprefix("warning: ")
    assert (result.json["input_scaling"], result.json["orientation"]) == ("unit", "upright")


def test_options_of_compare_are_for_both_or_for_each(call: Call, digits: Path, theirs: Path) -> None:
    both = ("compare", "theirs.pt", "theirs.pt", "--data", digits, "--json")
    each = call(*both, "--key", "model", "--key", "init").json
    assert [each[side]["weights"] for side in "ab"] == ["model", "init"]
    one = call(*both, "--key", "init").json
    assert [one[side]["weights"] for side in "ab"] == ["init", "init"]
    scaled = call(*both, "--input-scaling", "auto", "--input-scaling", "upright-half").json
    assert [scaled[side]["input_scaling"] for side in "ab"] == ["inverted-mnist", "half"]
    mixed = call("compare", SHIPPED_CHECKPOINT, "theirs.pt", "--data", digits, "--json", "--key", "model").json
    assert [mixed[side]["weights"] for side in "ab"] == [None, "model"]
    check_refused(call(*both, *["--key", "model"] * 3), 2, "3 times")
    check_refused(call("compare", SHIPPED_CHECKPOINT, SHIPPED_CHECKPOINT, "--key", "model"), 2, "leave out")


COMMANDS = ["evaluate", "errors", "explain --index 0", "report", "export --format json", "predict", "compare", ""]


@pytest.mark.parametrize("value", ["0.1/0", "nan/1", "abc", "1e-320/1", "0.5/1e-320", "", "1/inf", "mnist-half"])
def test_a_wrong_scaling_is_one_sentence(call: Call, value: str) -> None:
    result = call("evaluate", SHIPPED_CHECKPOINT, f"--input-scaling={value}")
    check_refused(result, 2, "--input-scaling")
    assert len(result.err.strip().splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_a_wrong_scaling(call: Call, command: str) -> None:
    paths = ["a.pt", "b.pt"] if command.startswith(("compare", "predict")) else ["a.pt"]
    check_refused(call(*command.split(), *paths, "--input-scaling", "abc"), 2, "--input-scaling")


@pytest.mark.parametrize("command", ["evaluate", "errors", "explain --index 0", "report", "export --format json"])
def test_a_scaling_for_a_checkpoint_of_this_program_is_refused(call: Call, command: str) -> None:
    result = call(*command.split(), SHIPPED_CHECKPOINT, "--input-scaling", "mnist")
    check_refused(result, 2, "leave out --input-scaling")
