"""The options of a recipe."""

import pytest

from emnist_tui.cli import parse
from emnist_tui.commands.recipe_options import config_values
from emnist_tui.runs.config import CHANGEABLE, TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import MODELS
from tests.support.call import Call, check_refused


def test_every_field_has_an_option() -> None:
    every = dict.fromkeys(TrainConfig().to_json(), "1") | {"model": "compact"}
    words = [f"--{name.replace('_', '-')}={value}" for name, value in every.items()]
    assert config_values(parse(["train", *words])).keys() == every.keys()


def test_options_that_are_not_given_are_left_to_the_model() -> None:
    values = config_values(parse(["train", "--model", "compact", "--epochs", "2"]))
    assert values == {"model": "compact", "epochs": 2}
    assert TrainConfig.of(**values).batch_size == MODELS["compact"].recipe["batch_size"]


def test_auto_leaves_a_number_to_the_program() -> None:
    values = config_values(parse(["train", "--threads", "auto", "--warmup", "auto"]))
    assert values == {"threads": None, "warmup": None}


def test_an_unknown_model_is_refused_before_torch_is_loaded() -> None:
    with pytest.raises(UsageError, match="no model 'resnet'"):
        config_values(parse(["train", "--model", "resnet"]))


def test_help_lists_models_with_size_and_accuracy(call: Call) -> None:
    text = call("train", "--help").out
    for name, model in MODELS.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"  {name} ")]
        assert f"{model.parameters:,} parameters" in line
        assert f"{model.accuracy * 100:.1f} %" in line
        assert f"    {model.summary}" in text.splitlines()


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        (["--optimizer", "lion"], "must be adam, adamw or sgd"),
        (["--augmentation", "2"], "must be a number from 0 to 1"),
        (["--patience", "2"], "hold out images with --validation"),
        (["--warmup", "automatic"], "invalid float value: 'automatic'"),
        (["--threads", "1.5"], "invalid int value: '1.5'"),
        (["--epochs", "auto"], "invalid int value: 'auto'"),
        (["--warmup", "nan"], "must be a number from 0 to 0.9"),
    ],
)
def test_a_bad_value_is_wrong_use(call: Call, words: list[str], phrase: str) -> None:
    check_refused(call("train", *words), 2, phrase)


def test_a_resumed_run_keeps_its_recipe(call: Call) -> None:
    for name in set(TrainConfig().to_json()) - set(CHANGEABLE) - {"model"}:
        value = {"optimizer": "sgd", "schedule": "cosine"}.get(name, "1")
        result = call("train", "--resume", "some", f"--{name.replace('_', '-')}", value)
        check_refused(result, 2, f"keeps its {name.replace('_', ' ')}", "--patience")
