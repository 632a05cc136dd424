"""Comparison of a configuration with its model's recipe."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.recipe import COMPARED, RECIPE, differences, explain_bad_model, recipe_values
from tests.support.own_networks import write_network


@pytest.mark.parametrize("model", MODELS)
def test_a_recipe_differs_in_nothing_from_itself(model: str) -> None:
    assert differences(TrainConfig.of(model=model)) == {}
    assert TrainConfig(model=model, **recipe_values(model)) == TrainConfig.of(model=model)


def test_what_differs_is_named_with_its_value() -> None:
    config = TrainConfig.of(model="compact", epochs=5, learning_rate=0.003, validation=500)
    assert differences(config) == {"epochs": 5, "learning_rate": 0.003, "validation": 500}


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        (TrainConfig.of(model="compact", warmup=0.25), {}),
        (TrainConfig.of(model="compact", warmup=0.1), {"warmup": 0.1}),
        (TrainConfig(warmup=0.0), {}),
        (TrainConfig(schedule="one-cycle", warmup=0.25), {"schedule": "one-cycle"}),
        (TrainConfig(schedule="one-cycle"), {"schedule": "one-cycle"}),
        (TrainConfig(schedule="one-cycle", warmup=0.0), {"schedule": "one-cycle", "warmup": 0.0}),
    ],
)
def test_a_warmup_spelled_out_is_no_difference(config: TrainConfig, changed: dict[str, object]) -> None:
    assert differences(config) == changed


def test_values_of_one_run_are_no_difference() -> None:
    config = TrainConfig.of(model="accurate", seed=9, device="cpu", threads=2, data="synthetic", keep_epochs=1)
    assert differences(config) == {}


def test_another_models_values_are_differences() -> None:
    config = replace(TrainConfig.of(model="compact"), model="baseline")
    assert differences(config).keys() == MODELS["compact"].recipe.keys()


def test_a_network_whose_recipe_is_unreadable_has_the_default_one() -> None:
    assert TrainConfig(**recipe_values("/home/x/net.py:Net")) == TrainConfig()
    assert differences(TrainConfig(model="/home/x/net.py:Net", epochs=4)) == {"epochs": 4}


def test_an_unknown_model_is_answered_by_those_there_are(tmp_path: Path) -> None:
    assert "baseline, compact, accurate, or name your own" in str(explain_bad_model("compacter"))
    assert explain_bad_model("compact") is None
    assert explain_bad_model(write_network(tmp_path, "ResNet")) is None


@pytest.mark.parametrize(
    ("recipe", "problem"),
    [
        ('{"learning_rate": 1000}', "learning_rate must be a number from 1e-9 to 100"),
        ('{"lr": 0.1}', "sets 'lr', which no recipe has"),
        ('{"model": "baseline"}', "sets 'model', which no recipe has"),
        ('{"epochs": EPOCHS}', "RECIPE is read without running the file"),
    ],
)
def test_a_file_whose_recipe_would_be_refused_is_explained(tmp_path: Path, recipe: str, problem: str) -> None:
    file = tmp_path / "net.py"
    file.write_text(f"EPOCHS = 5\nRECIPE = {recipe}\nclass Net: ...\n")
    assert problem in str(explain_bad_model(f"{file}:Net"))


def test_every_field_that_a_model_sets_belongs_to_its_recipe() -> None:
    assert {name for model in MODELS.values() for name in model.recipe} <= set(RECIPE)
    elsewhere = {"data", "model", "seed", "device", "threads", "keep_epochs"}
    assert {field.name for field in fields(TrainConfig)} == elsewhere | set(COMPARED)
