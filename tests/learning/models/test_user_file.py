"""Networks of one's own, loaded from their files."""

import random
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from emnist_tui.learning.models.user_file import UserNetwork
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.network_files import NetworkFile
from tests.support.own_networks import write_network

HEAD = "from torch import nn\n"


def write(folder: Path, text: str, name: str = "net.py") -> NetworkFile:
    (folder / name).write_text(text)
    return NetworkFile(folder / name, "Net")


def refusal(file: NetworkFile) -> str:
    with pytest.raises(UsageError) as caught:
        UserNetwork(file).build()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_class_and_a_function_give_new_networks(tmp_path: Path) -> None:
    file = write(tmp_path, HEAD + "def Net(width=3):\n    return nn.Linear(784, width)\n")
    network = UserNetwork(file)
    first, second = network.build(), network.build()
    assert isinstance(first, nn.Linear)
    assert first is not second
    assert network.source.text == file.path.read_text()


def test_lazy_layers_get_their_sizes_with_weights_of_the_seed(tmp_path: Path) -> None:
    spec = NetworkFile.parse(write_network(tmp_path, "Perceptron"))
    assert spec
    drawn = []
    for _ in range(2):
        torch.manual_seed(4)
        network = UserNetwork(spec).build()
        assert network.training
        drawn.append(network.state_dict()["first.weight"])
    assert drawn[0].shape == (32, 784)
    assert torch.equal(*drawn)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\nclass Net(:\n", "line 2: invalid syntax"),
        ("def Net():\n    return 1 / 0\n", "line 2: Net cannot be built (ZeroDivisionError: division by zero)"),
        ("class Net: ...\n1 / 0\n", "line 2: the file cannot be run (ZeroDivisionError"),
        ("import no_such_library\nclass Net: ...\n", "line 1: the file cannot be run (ModuleNotFoundError: No module"),
        ("import sys\nclass Net: ...\nsys.exit(3)\n", "line 3: the file cannot be run (it ends the program)"),
        ("class Net: ...\nraise GeneratorExit\n", "line 2: the file cannot be run (GeneratorExit)"),
        ("class E(BaseException): ...\ndef Net():\n    raise E('no')\n", "line 3: Net cannot be built (E: no)"),
        ("class Net: ...\n", "gives a Net, not an nn.Module"),
        ("def Net(): ...\n", "gives nothing, not an nn.Module"),
        ("Net = 3\n", "is an int; name a class or function"),
        ("def Net(width): ...\n", "is called without arguments (missing a required argument: 'width')"),
        (HEAD + "Net = nn.Linear(784, 10)\n", "is one network for all runs"),
        ("if False:\n    class Net: ...\n", "gives an nn.Module"),
        ("RECIPE = {'epochs': 2}\nRECIPE['epochs'] = 3\nclass Net: ...\n", "changes RECIPE as it runs"),
        (
            HEAD + "class Net(nn.Module):\n    def __init__(self):\n        self.a = nn.Linear(1, 1)\n",
            "line 4: Net cannot be",
        ),
    ],
)
def test_an_error_in_the_file_is_one_sentence_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(write(tmp_path, text))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_torchscript_is_refused_wherever_it_is_in_the_network(tmp_path: Path) -> None:
    text = "import torch\ndef Net():\n    return nn.Sequential(torch.jit.script(nn.Linear(784, 10)))\n"
    assert "holds TorchScript" in refusal(write(tmp_path, HEAD + text))


def test_an_error_in_a_neighbor_names_the_neighbor(tmp_path: Path) -> None:
    (tmp_path / "blocks_of_a_test.py").write_text("\n\nraise ValueError('no')\n")
    assert f"{tmp_path}/blocks_of_a_test.py, line 3: " in refusal(
        write(tmp_path, "import blocks_of_a_test\nclass Net: ...\n")
    )


def test_debugging_shows_the_exception_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMNIST_TUI_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        UserNetwork(write(tmp_path, "class Net: ...\n1 / 0\n"))


def test_neighbors_of_the_file_are_imported_and_those_of_the_next_file_replace_them(tmp_path: Path) -> None:
    sizes = []
    for width in (3, 4):
        folder = tmp_path / str(width)
        folder.mkdir()
        (folder / "blocks_of_a_test.py").write_text(f"WIDTH = {width}\n")
        text = HEAD + "from blocks_of_a_test import WIDTH\ndef Net(): return nn.Linear(784, WIDTH)\n"
        network = UserNetwork(write(folder, text)).build()
        assert isinstance(network, nn.Linear)
        sizes.append(network.out_features)
        assert str(folder) not in sys.path
    assert sizes == [3, 4]


def test_neighbors_are_those_of_the_file_that_a_link_leads_to(tmp_path: Path) -> None:
    (folder := tmp_path / "nets").mkdir()
    (folder / "blocks_of_a_test.py").write_text("WIDTH = 3\n")
    write(folder, HEAD + "from blocks_of_a_test import WIDTH\ndef Net(): return nn.Linear(784, WIDTH)\n")
    (tmp_path / "linked.py").symlink_to(folder / "net.py")
    assert isinstance(UserNetwork(NetworkFile(tmp_path / "linked.py", "Net")).build(), nn.Linear)


def test_a_coroutine_is_refused_without_a_warning(tmp_path: Path) -> None:
    assert "gives a coroutine, not an nn.Module" in refusal(write(tmp_path, "async def Net(): ...\n"))


def test_no_neighbor_replaces_the_standard_library(tmp_path: Path) -> None:
    for name in ("random", "colorsys"):  # one that is loaded, and one that is not
        (tmp_path / f"{name}.py").write_text("raise ValueError('a neighbor')\n")
    sys.modules.pop("colorsys", None)
    UserNetwork(
        write(tmp_path, HEAD + "import random, colorsys\ncolorsys.rgb_to_hls\nclass Net(nn.Module): ...\n")
    ).build()
    assert callable(random.random)
    UserNetwork(write(tmp_path, HEAD + "class Net(nn.Module): ...\n", "random.py"))
    assert sys.modules["random"] is random


def test_defaults_of_torch_stay_as_they_are(tmp_path: Path) -> None:
    changes = "torch.set_grad_enabled(False); torch.set_default_dtype(torch.float64); torch.set_default_device('meta')"
    file = write(tmp_path, f"import torch\n{HEAD}{changes}\ndef Net():\n    {changes}\n    return nn.Identity()\n")
    UserNetwork(file).build()
    assert torch.is_grad_enabled()
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_device() == torch.device("cpu")
    assert torch.zeros(()).device.type == "cpu"


@pytest.mark.parametrize("is_lazy", [False, True])
def test_the_threads_of_torch_stay_as_chosen(tmp_path: Path, is_lazy: bool) -> None:
    more = "torch.set_num_threads(torch.get_num_threads() + 1)"
    kind = "nn.LazyLinear(10)" if is_lazy else "nn.Linear(784, 10)"
    text = f"import torch\n{HEAD}{more}\nclass Net(nn.Sequential):\n    def __init__(self):\n        {more}\n"
    text += f"        super().__init__(nn.Flatten(), {kind})\n    def forward(self, x):\n        {more}\n"
    before = torch.get_num_threads()
    try:
        UserNetwork(write(tmp_path, f"{text}        return super().forward(x)\n")).build()
        assert torch.get_num_threads() == before
    finally:
        torch.set_num_threads(before)


def test_prints_of_a_neighbor_go_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        tmp_path,
        HEAD + "class Part(nn.Module):\n    def forward(self, x):\n        print(3)\n        return x\n",
        "part.py",
    )
    UserNetwork(write(tmp_path, "from part import Part as Net\n")).build()(torch.zeros(1))
    assert capsys.readouterr() == ("", "3\n")


def test_prints_of_the_file_go_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = HEAD + "print(1)\nclass Net(nn.Module):\n    def forward(self, x):\n        print(2)\n        return x\n"
    UserNetwork(write(tmp_path, text)).build()(torch.zeros(1))
    assert capsys.readouterr() == ("", "1\n2\n")
