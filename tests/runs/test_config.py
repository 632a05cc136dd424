"""The recipe and the checks on it."""

import pytest

from emnist_tui.runs.config import TrainConfig, explain_bad_run_name
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.launch import train_arguments


def test_the_default_is_the_documented_recipe() -> None:
    config = TrainConfig()
    assert (config.model, config.epochs, config.batch_size, config.learning_rate) == ("baseline", 3, 32, 0.01)


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": 0},
        {"epochs": True},
        {"batch_size": 1.5},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"seed": -1},
        {"device": "tpu"},
        {"validation": -1},
        {"threads": 0},
        {"data": ""},
        {"model": "../baseline"},
    ],
)
def test_a_bad_value_is_one_sentence_that_names_it(values: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(values)).replace("_", " ").capitalize()):
        TrainConfig(**values)  # type: ignore[arg-type]


def test_json_survives_unknown_keys() -> None:
    config = TrainConfig(seed=7, threads=2)
    assert TrainConfig.from_json({**config.to_json(), "newer": 1}) == config


def test_every_field_becomes_an_option_of_train() -> None:
    from emnist_tui.cli import parse

    config = TrainConfig(data="synthetic", epochs=7, batch_size=16, learning_rate=0.5, seed=3, threads=2, validation=5)
    options = parse(["train", *train_arguments(config)])
    assert TrainConfig(**{name: getattr(options, name) for name in config.to_json()}) == config


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a/b", "a b", "x" * 101, "[red]", "né"])
def test_a_bad_run_name_is_explained(name: str) -> None:
    assert explain_bad_run_name(name)


@pytest.mark.parametrize("name", ["baseline-001", "a", "2026.11.23_x"])
def test_a_good_run_name_passes(name: str) -> None:
    assert explain_bad_run_name(name) is None
