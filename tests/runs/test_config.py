"""The configuration of a run and its validation."""

import pytest

from emnist_tui.runs.config import TrainConfig, explain_bad_run_name, explain_bad_value, parse_learning_rate
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.models import MODELS


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
        {"learning_rate": 1e-320},
        {"learning_rate": -1.0},
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
def test_the_error_of_a_bad_value_names_its_field(values: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=next(iter(values)).replace("_", " ").capitalize()):
        TrainConfig(**values)  # type: ignore[arg-type]


def test_unknown_keys_of_json_are_ignored() -> None:
    config = TrainConfig(seed=7, threads=2)
    assert TrainConfig.from_json({**config.to_json(), "newer": 1}) == config


@pytest.mark.parametrize(
    ("name", "good", "bad", "requirement"),
    [
        ("data", "a folder", " ", "must not be empty"),
        ("data", "auto", 3, "must not be empty"),
        ("model", "mine-2", "a/b", "must be a model's name"),
        ("epochs", 10_000, 10_001, "must be a whole number, 1 to 10,000"),
        ("batch_size", 65_536, 0, "must be a whole number, 1 to 65,536"),
        ("learning_rate", 100, 100.1, "must be a number from 1e-9 to 100"),
        ("learning_rate", 1e-9, True, "must be a number from 1e-9 to 100"),
        ("learning_rate", 1e-8, 1e-320, "must be a number from 1e-9 to 100"),  # 1e-320 is 0 in float32
        ("learning_rate", 1, 1e300, "must be a number from 1e-9 to 100"),
        ("seed", 2**32 - 1, 2**32, "must be a whole number, 0 to 4,294,967,295"),
        ("device", "cuda", "cuda:", "must be auto, cpu, cuda, cuda:N or mps"),
        ("device", "cuda:0", "cuda:01", "must be auto, cpu, cuda, cuda:N or mps"),
        ("device", "cuda:15", "cuda:-1", "must be auto, cpu, cuda, cuda:N or mps"),
        ("device", "mps", "mps:0", "must be auto, cpu, cuda, cuda:N or mps"),
        ("device", "cpu", None, "must be auto, cpu, cuda, cuda:N or mps"),
        ("threads", None, 1025, "must be a whole number, 1 to 1,024"),
        ("validation", 0, None, "must be a whole number, 0 to 1,000,000"),
        ("optimizer", "sgd", "lion", "must be adam, adamw or sgd"),
        ("schedule", "one-cycle", "onecycle", "must be constant, cosine or one-cycle"),
        ("warmup", None, 0.91, "must be a number from 0 to 0.9"),
        ("weight_decay", 10, -1e-4, "must be a number from 0 to 10"),
        ("label_smoothing", 0.9, 1, "must be a number from 0 to 0.9"),
        ("augmentation", 1, float("nan"), "must be a number from 0 to 1"),
        ("ema", 0.99999, 1.0, "must be a number from 0 to 0.99999"),
        ("patience", 0, 2.5, "must be a whole number, 0 to 10,000"),
        ("clip_norm", 1e-6, 0.99e-6, "must be 0 or a number from 1e-6 to 10,000"),
        ("clip_norm", 10_000, 10_001, "must be 0 or a number from 1e-6 to 10,000"),
        ("clip_norm", 0, -1, "must be 0 or a number from 1e-6 to 10,000"),
    ],
)
def test_every_field_has_a_rule(name: str, good: object, bad: object, requirement: str) -> None:
    assert explain_bad_value(name, good) is None
    assert explain_bad_value(name, bad) == requirement


def test_patience_needs_a_validation_split() -> None:
    with pytest.raises(UsageError, match="--validation"):
        TrainConfig(patience=3)
    assert TrainConfig(patience=3, validation=100).patience == 3


@pytest.mark.parametrize("name", MODELS)
def test_a_model_brings_its_recipe(name: str) -> None:
    config = TrainConfig.of(model=name)
    assert {**config.to_json(), **MODELS[name].recipe, "model": name} == config.to_json()
    assert TrainConfig.of(model=name, epochs=77, schedule="constant").epochs == 77


def test_the_documented_recipe_is_the_baselines() -> None:
    assert TrainConfig.of() == TrainConfig.of(model="baseline") == TrainConfig()


def test_the_next_seed_wraps_around() -> None:
    assert TrainConfig(seed=4).with_next_seed() == TrainConfig(seed=5)
    assert TrainConfig(seed=2**32 - 1).with_next_seed() == TrainConfig(seed=0)


@pytest.mark.parametrize("name", ["", ".hidden", "../up", "a/b", "a b", "x" * 101, "[red]", "né"])
def test_a_bad_run_name_is_explained(name: str) -> None:
    assert explain_bad_run_name(name)


@pytest.mark.parametrize("name", ["baseline-001", "a", "2026.11.23_x"])
def test_a_good_run_name_is_accepted(name: str) -> None:
    assert explain_bad_run_name(name) is None


@pytest.mark.parametrize(("text", "rate"), [("0.003", 0.003), ("1e-4", 1e-4), (" 2 ", 2.0), ("100", 100.0)])
def test_a_learning_rate_is_parsed(text: str, rate: float) -> None:
    assert parse_learning_rate(text) == rate


@pytest.mark.parametrize("text", ["0", "-0.1", "101", "nan", "inf", "1e-10"])
def test_a_bad_learning_rate_is_refused_with_the_sentence_of_the_config(text: str) -> None:
    with pytest.raises(UsageError) as parsed:
        parse_learning_rate(text)
    with pytest.raises(UsageError) as configured:
        TrainConfig(learning_rate=float(text))
    assert str(parsed.value) == str(configured.value)


@pytest.mark.parametrize("text", ["fast", "", "0,01"])
def test_a_learning_rate_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"Learning rate must be a number from 1e-9 to 100, not '{text}'"):
        parse_learning_rate(text)
