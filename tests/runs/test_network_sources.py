"""Files of networks, read without running them."""

import ast
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import recipe_of, resolve_model
from emnist_tui.runs.network_files import NetworkFile
from emnist_tui.runs.network_sources import LARGEST, NetworkSource, find_network

TWO = "class Net: ...\ndef make(): ...\ndef _hidden(): ...\nimport os as other\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "net.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def source(text: str) -> NetworkSource:
    return NetworkSource(NetworkFile(Path("/nets/net.py"), "Net"), text)


def test_a_relative_path_and_the_home_folder_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, TWO)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert {resolve_model(text) for text in ("net.py:Net", "./net.py:Net", "~/net.py:Net")} == {
        f"{tmp_path}/net.py:Net"
    }
    assert str(find_network("net.py:other")).endswith(":other")


@pytest.mark.parametrize("suffix", ["", ":", ":None_such", ":a b"])
def test_a_missing_or_unknown_name_is_answered_by_those_there_are(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, TWO)
    with pytest.raises(UsageError, match=r"net\.py:Net or net\.py:make|names no network"):
        find_network(f"{path}{suffix}")


def test_a_file_without_classes_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="write a class or function"):
        find_network(str(write(tmp_path, "x = 1\n")))


def test_a_star_import_may_define_any_name(tmp_path: Path) -> None:
    find_network(f"{write(tmp_path, 'from nets import *')}:Anything")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("class Net:\n  def f(:\n", r"line 2: "),
        (b"class Net: ...\0", "not a Python file|line 1"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"#" * (LARGEST + 1), "larger than"),
    ],
)
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        find_network(f"{write(tmp_path, text)}:Net")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(UsageError, match="There is no file"):
        find_network(f"{tmp_path}/none.py:Net")
    with pytest.raises(UsageError, match="cannot be read"):
        find_network(f"{tmp_path}/folder.py:Net")


@pytest.mark.parametrize(
    "recipe",
    [
        'RECIPE = {"epochs": 7, "ema": 0.9}',
        "RECIPE: dict = dict(epochs=7, ema=0.9)",
        "RECIPE = A = {'epochs': 7, 'ema': .9}",
    ],
)
def test_a_recipe_is_read_without_running_the_file(tmp_path: Path, recipe: str) -> None:
    path = write(tmp_path, f"raise SystemExit\n{recipe}\nclass Net: ...\n")
    config = TrainConfig.of(model=f"{path}:Net", epochs=9)
    assert (config.epochs, config.ema, config.optimizer) == (9, 0.9, "adam")


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("RECIPE = {'epochs': 2 * n}", "line 1: RECIPE is read without running"),
        ("RECIPE = make()", "line 1: RECIPE is read without running"),
        ("RECIPE = {}\nRECIPE |= {'epochs': 2}", "line 2: RECIPE is read without running"),
        ("RECIPE = {'epoch': 2}", "sets 'epoch', which no recipe has"),
        ("RECIPE = {'data': 'emnist'}", "sets 'data', which no recipe has"),
        ("RECIPE = {'epochs': 0}", "epochs must be a whole number"),
        ("RECIPE = {'patience': 3}", "hold out images"),
    ],
)
def test_a_bad_recipe_is_one_sentence(tmp_path: Path, recipe: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        TrainConfig.of(model=f"{write(tmp_path, recipe)}:Net")


def test_a_change_is_counted_and_shown_by_its_first_lines() -> None:
    before, after = source("a = 1\nb = 2\nc = 3\n"), source("a = 1\nb = 20\nd = 4\nc = 3\n")
    assert before.describe_change(before) is None
    assert before.describe_change(after) == (
        "/nets/net.py is not the file that the weights were trained with "
        "(2 lines added, 1 removed: - `b = 2` / + `b = 20`)."
    )
    assert "lines reordered" in str(before.describe_change(source("b = 2\na = 1\nc = 3\n")))


def test_a_hostile_recorded_text_is_shown_short_and_in_time() -> None:
    hostile = source("".join(f"{number % 7}\n" for number in range(LARGEST // 2)) + "x" * 10_000)
    change = hostile.describe_change(source("class Net: ...\n"))
    assert change
    assert len(change) < 400
    assert "\n" not in change


def test_an_unchanged_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "RECIPE = dict(epochs=4)\nclass Net: ..."
    network = f"{write(tmp_path, text)}:Net"
    recipe_of(resolve_model(network))
    with monkeypatch.context() as patched:
        patched.setattr(ast, "parse", None)
        assert recipe_of(resolve_model(network)) == {"epochs": 4}
    write(tmp_path, text.replace("4", "5"))
    assert recipe_of(resolve_model(network)) == {"epochs": 5}
