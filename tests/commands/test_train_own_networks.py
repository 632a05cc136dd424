"""Networks of other people's styles: trained, resumed, inspected, exported and given pictures."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from emnist_tui.learning.data.synthetic.generator import draw_digits
from emnist_tui.runs.event_log import last_event
from emnist_tui.runs.events import RunFailed
from emnist_tui.runs.folder import RunFolder
from tests.support.call import Call, check_refused
from tests.support.exported_networks import needs
from tests.support.markdown import HELP
from tests.support.own_networks import STYLES, write_network
from tests.support.trained_run import same_weights, train_arguments, weights, write_small_archive

EACH_STYLE = pytest.mark.parametrize("name", STYLES)


@pytest.fixture
def archive(place: Path) -> Path:
    return write_small_archive(place / "small.zip")


def train(call: Call, archive: Path, *options: object) -> RunFolder:
    result = call(*train_arguments(archive, "checkpoints", *options))
    assert result.code == 0, result.err
    return RunFolder(Path(result.out.strip()).parent)


def draw_picture() -> None:
    image = draw_digits(10, 4)[0][0]
    Image.fromarray(255 - np.asarray(Image.fromarray(image).resize((140, 140)))).save("digit.png")


@EACH_STYLE
def test_a_network_of_any_style_is_trained_and_inspected(call: Call, archive: Path, place: Path, name: str) -> None:
    network = write_network(place, name)
    run = train(call, archive, "--model", f"{Path(network.rpartition(':')[0]).name}:{name}", "--epochs", 2)
    assert run.name == f"{name.lower()}-001"
    assert run.read_config().model == network
    draw_picture()
    for command in ("evaluate", "errors", "report"):
        assert call(command, run.name, "--model", network).code == 0
    assert call("predict", run.name, "digit.png", "--model", network).code == 0
    found = call("evaluate", run.name, "--model", network, "--json").json
    assert found["accuracy"] > 0.05
    assert found["warning"] is None


@EACH_STYLE
def test_a_resumed_run_repeats_the_uninterrupted_one_bit_for_bit(
    call: Call, archive: Path, place: Path, name: str
) -> None:
    network = write_network(place, name)
    options = ("--model", network, "--augmentation", 0.5, "--batch-size", 71)  # 640 images: the last batch is of one
    whole = train(call, archive, *options, "--epochs", 3, "--name", "whole")
    parts = train(call, archive, *options, "--epochs", 1, "--name", "parts")
    result = call("train", "--checkpoints", "checkpoints", "--resume", "parts", "--epochs", 3, "--model", network)
    assert result.code == 0, result.err
    assert same_weights(weights(parts.last_checkpoint), weights(whole.last_checkpoint))


@pytest.mark.parametrize("form", [needs("onnx"), "torchscript", "safetensors", "state-dict"])
@EACH_STYLE
def test_a_network_of_any_style_is_exported(call: Call, archive: Path, place: Path, name: str, form: str) -> None:
    network = write_network(place, name)
    run = train(call, archive, "--model", network, "--epochs", 1)
    result = call("export", run.name, "--format", form, "--model", network, "--output", "out")
    assert result.code == 0, result.err
    assert "200 of 200 predictions are equal" in result.err


def test_json_is_refused_for_a_network_that_is_no_chain(call: Call, archive: Path, place: Path) -> None:
    network = write_network(place, "ResNet")
    run = train(call, archive, "--model", network, "--epochs", 1)
    check_refused(call("export", run.name, "--format", "json", "--model", network), 1, "not for a network of your own")


def test_commands_ask_for_the_file_and_run_no_other(call: Call, archive: Path, place: Path) -> None:
    network = write_network(place, "ResNet")
    run = train(call, archive, "--model", network, "--epochs", 1)
    path = Path(network.rpartition(":")[0])
    content = torch.load(run.last_checkpoint, weights_only=True)
    trap = "import pathlib\npathlib.Path('trapped').touch()\n"
    path.write_text(trap + path.read_text())
    draw_picture()
    for command in (
        ("evaluate", run.name),
        ("errors", run.name),
        ("report", run.name),
        ("compare", run.name, run.name),
        ("export", run.name, "--format", "onnx"),
        ("predict", run.name, "digit.png"),
        ("explain", run.name, "--index", 0),
        ("train", "--resume", run.name, "--epochs", 2),
    ):
        check_refused(call(*command), 2, f"add `--model {network}`")
    assert call("runs", "--json").json[0]["model"] == "resnet.py:ResNet"
    evaluation = next(run.path.glob("evaluation-*.npz"))
    assert call("neighbors", evaluation, "--data-of", run.last_checkpoint).code == 0
    assert not Path("trapped").exists()
    assert content["network"]["sha256"]
    assert call("evaluate", run.name, "--model", network).code == 0
    assert Path("trapped").exists()


def test_a_changed_file_is_a_warning_that_says_what_changed(call: Call, archive: Path, place: Path) -> None:
    network = write_network(place, "ResNet")
    run = train(call, archive, "--model", network, "--epochs", 1)
    Path("moved.py").write_text(STYLES["ResNet"].replace("torch.relu(maps + ", "torch.relu(0 + maps + "))
    found = call("evaluate", run.name, "--model", "moved.py:ResNet", "--json").json
    assert "1 line added, 1 removed: - `return torch.relu(maps + " in found["warning"]
    result = call("train", "--resume", run.name, "--epochs", 2, "--model", "moved.py:ResNet")
    assert result.code == 0
    assert "warning: " in result.err
    assert run.read_config().model == f"{place}/moved.py:ResNet"
    assert call("evaluate", run.name, "--model", "moved.py:ResNet", "--json").json["warning"] is None


def test_a_file_whose_weights_differ_is_refused(call: Call, archive: Path, place: Path) -> None:
    network = write_network(place, "ResNet")
    run = train(call, archive, "--model", network, "--epochs", 1)
    text = STYLES["ResNet"]
    for before, after, words in (
        ("head", "tail", "no tail.weight, tail.bias, but head.weight, head.bias instead"),
        ("Conv2d(1, 8, 3", "Conv2d(1, 8, 5", "stem.weight is 8×1×5×5, in the checkpoint 8×1×3×3"),
        ("nn.Linear(8, 10)", "nn.Linear(8, 10).requires_grad_(False)", "other weights are frozen (head."),
    ):
        Path("other.py").write_text(text.replace(before, after))
        check_refused(call("evaluate", run.name, "--model", "other.py:ResNet"), 2, words)
        result = call("train", "--resume", run.name, "--epochs", 2, "--model", "other.py:ResNet")
        assert result.code == 2
        assert words in result.err.splitlines()[-1]
        assert call("runs", "--json").json[0]["state"] == "finished"


def test_compare_takes_the_file_for_the_checkpoint_that_needs_it_or_one_for_each(
    call: Call, archive: Path, place: Path
) -> None:
    one, two = write_network(place, "ResNet"), write_network(place, "Perceptron")
    a = train(call, archive, "--model", one, "--epochs", 1).name
    b = train(call, archive, "--model", two, "--epochs", 1).name
    c = train(call, archive, "--epochs", 1).name
    assert call("compare", a, b, "--model", one, "--model", two, "--json").json["images"] == 200
    assert call("compare", c, a, "--model", one).code == 0
    assert call("compare", a, a, "--model", one).code == 0
    check_refused(call("compare", a, b, "--model", one), 2, "give --model twice")
    check_refused(call("compare", a, c, "--model", one, "--model", two), 2, "comes with the program")
    check_refused(call("compare", c, c, "--model", one), 2, "comes with the program")
    check_refused(call("compare", a, b), 2, f"add `--model {one}`")
    check_refused(call("evaluate", c, "--model", one), 2, "leave out --model")
    check_refused(call("train", "--resume", c, "--epochs", 2, "--model", one), 2, "keeps its model")
    check_refused(call("train", "--resume", a, "--epochs", 2, "--model", "baseline"), 2, "FILE.py:NAME")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("class Net(:\n", "net.py, line 1: invalid syntax"),
        ("from torch import nn\nclass Net(nn.Module): ...\n", "has no trainable parameters"),
        ("from torch import nn\ndef Net(): return nn.Linear(28, 10)\n", "[32, 1, 28, 10], not [32, 10]"),
        ("RECIPE = {'epochs': 'many'}\nclass Net: ...\n", "In the RECIPE of"),
        ("import torch\nfrom torch import nn\ndef Net(): return nn.Linear(784, 9_000_000, device='meta')\n", "net.py"),
    ],
)
def test_a_network_that_cannot_train_is_refused_before_a_run_begins(
    call: Call, archive: Path, place: Path, text: str, words: str
) -> None:
    Path("net.py").write_text(text)
    check_refused(call(*train_arguments(archive, "checkpoints", "--model", "net.py:Net")), 2, words)
    assert not any(Path("checkpoints").glob("*")) if Path("checkpoints").exists() else True


def test_the_documented_example_works_as_written(call: Call, archive: Path, place: Path) -> None:
    page = (HELP / "networks.md").read_text().split("## Your own network")[1]
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    Path("digit_net.py").write_text(program)
    draw_picture()
    lines = [shlex.split(line)[1:] for line in commands.strip().splitlines()]
    assert [line[0] for line in lines] == ["train", "evaluate", "export", "predict", "train"]
    for line in lines:
        data = ["--data", str(archive)] if line[0] == "train" and "--resume" not in line else []
        result = call(*line, *data)
        assert result.code == 0, result.err
    assert RunFolder(place / "checkpoints/mine").read_config().epochs == 5  # of RECIPE
    assert Path("mine.onnx").exists()


ENDING = """
from torch import nn


class Net(nn.Linear):
    passes = 0

    def __init__(self):
        super().__init__(784, 10)

    def forward(self, images):
        self.passes += 1
        if self.passes > 5:
            raise SystemExit(0)
        return super().forward(images.flatten(1))
"""


def test_a_network_that_ends_the_program_while_it_trains_fails(call: Call, archive: Path, place: Path) -> None:
    (place / "net.py").write_text(ENDING)
    result = call(*train_arguments(archive, "checkpoints", "--model", "net.py:Net", "--name", "own"))
    line = ENDING.splitlines().index("            raise SystemExit(0)") + 1
    check_refused(result, 1, f"net.py, line {line}, ended the program; take the exit out of it.")
    failed = last_event(RunFolder(place / "checkpoints" / "own").events)
    assert isinstance(failed, RunFailed)
    assert result.err.strip().endswith(failed.error)


RAISING = ENDING.replace("SystemExit(0)", 'ValueError("enough")')
OVERRIDING = """
from torch import nn

class Net(nn.Linear):
    def __init__(self):
        super().__init__(784, 10)

    def forward(self, images):
        return super().forward(images.flatten(1))

    def train(self, mode=True):
        if len(list(self.parameters())) == 2 and mode:
            raise ValueError("enough")
        return super().train(mode)
"""


@pytest.mark.parametrize("text", [RAISING, OVERRIDING], ids=["while training", "before"])
def test_an_exception_beyond_the_checks_is_told_by_its_line(call: Call, archive: Path, place: Path, text: str) -> None:
    (place / "net.py").write_text(text)
    result = call(*train_arguments(archive, "checkpoints", "--model", "net.py:Net", "--name", "own"))
    line = next(number for number, words in enumerate(text.splitlines(), start=1) if "raise" in words)
    check_refused(result, 1, f"net.py, line {line}: ValueError: enough; correct the file.")
    if text == RAISING:
        failed = last_event(RunFolder(place / "checkpoints" / "own").events)
        assert isinstance(failed, RunFailed)
        assert failed.error.endswith(f"net.py, line {line}: ValueError: enough")
