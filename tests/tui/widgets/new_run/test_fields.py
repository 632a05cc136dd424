"""Fields of the form: their texts and values."""

from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import MODELS
from emnist_tui.tui.widgets.new_run.fields import OF_CONFIG, explain, explain_patience, initial, parse, written
from tests.support.seed_groups import write_group


@pytest.mark.parametrize("config", [TrainConfig(), *(TrainConfig.of(model=model) for model in MODELS)])
def test_texts_of_a_configuration_give_it_again(config: TrainConfig) -> None:
    texts = initial(config)
    assert {name: parse(name, texts[name]) for name in OF_CONFIG} == {
        name: value for name, value in config.to_json().items() if name != "keep_epochs"
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0.0, "0"), (1e-4, "0.0001"), (1e-5, "1e-5"), (0.123456789, "0.123456789"), (3, "3"), ("sgd", "sgd")],
)
def test_values_are_written_shortly_and_exactly(value: object, text: str) -> None:
    assert written(value) == text


def test_a_network_of_ones_own_is_a_file_and_a_name(tmp_path: Path) -> None:
    file = tmp_path / "my net.py"
    assert "my net.py" in str(explain("model", f"{file}:Net", tmp_path))
    file.write_text("class Net: ...")
    assert explain("model", f"{file}:Net", tmp_path) is None
    assert parse("model", f"{file}:Net") == f"{file}:Net"
    for text in (str(file), f"{file}:", f"{file}:Other"):
        assert "name my net.py:Net" in str(explain("model", text, tmp_path))


def test_a_relative_file_of_a_network_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("class Net: ...")
    assert parse("model", "net.py:Net") == f"{tmp_path / 'net.py'}:Net"


@pytest.mark.parametrize("text", ["~no-user-of-this-name/x.py:Net", "a\0.py:Net"])
def test_an_impossible_path_of_a_network_is_explained(tmp_path: Path, text: str) -> None:
    assert explain("model", text, tmp_path)
    with pytest.raises(UsageError):
        parse("model", text)


def test_patience_needs_validation() -> None:
    assert explain_patience("3", "0") == "needs validation images, whose accuracy it watches"
    assert explain_patience("3", "500") is None
    assert explain_patience("0", "0") is None


@pytest.mark.parametrize(("text", "seeds"), [("", 1), ("1", 1), ("5", 5), ("1,000", 1000)])
def test_a_number_of_seeds_is_read(tmp_path: Path, text: str, seeds: int) -> None:
    assert explain("seeds", text, tmp_path) is None
    assert parse("seeds", text) == seeds


@pytest.mark.parametrize("text", ["0", "-1", "1001", "many", "2.5"])
def test_an_impossible_number_of_seeds_is_explained(tmp_path: Path, text: str) -> None:
    assert explain("seeds", text, tmp_path) == "must be a whole number, 1 to 1,000"


def test_the_name_of_a_sweep_is_taken(tmp_path: Path) -> None:
    write_group(tmp_path, "mine", {0: 0.95})
    assert explain("name", "mine", tmp_path) == "already exists; choose another"
