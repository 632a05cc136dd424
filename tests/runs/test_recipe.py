"""Comparison of a configuration with its model's recipe."""

from dataclasses import fields, replace

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.models import MODELS
from emnist_tui.runs.recipe import COMPARED, RECIPE, configuration_of, differences, spelled


@pytest.mark.parametrize("model", MODELS)
def test_a_recipe_differs_in_nothing_from_itself(model: str) -> None:
    assert differences(configuration_of(model)) == {}
    assert configuration_of(model).model == model


def test_what_differs_is_named_with_its_value() -> None:
    config = TrainConfig.of(model="compact", epochs=5, learning_rate=0.003, validation=500)
    assert differences(config) == {"epochs": 5, "learning_rate": 0.003, "validation": 500}
    assert spelled(differences(config)) == "epochs 5, learning rate 0.003, validation 500"


def test_numbers_are_written_as_on_the_screens() -> None:
    values = {"validation": 10_000, "patience": 3, "learning_rate": 1e-5, "seed": 12_345}
    assert spelled(values) == "validation 10,000, patience 3, learning rate 1e-5, seed 12345"


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
    config = replace(configuration_of("accurate"), seed=9, device="cpu", threads=2, data="synthetic", keep_epochs=1)
    assert differences(config) == {}


def test_another_models_values_are_differences() -> None:
    config = replace(configuration_of("compact"), model="baseline")
    assert differences(config).keys() == MODELS["compact"].recipe.keys()


def test_a_network_of_ones_own_has_the_default_recipe() -> None:
    assert configuration_of("/home/x/net.py:Net") == TrainConfig()


def test_every_field_that_a_model_sets_belongs_to_its_recipe() -> None:
    assert {name for model in MODELS.values() for name in model.recipe} <= set(RECIPE)
    elsewhere = {"data", "model", "seed", "device", "threads", "keep_epochs"}
    assert {field.name for field in fields(TrainConfig)} == elsewhere | set(COMPARED)


def test_a_value_that_is_left_to_the_program_is_called_automatic() -> None:
    assert spelled({"warmup": None, "weight_decay": 1e-4}) == "warmup automatic, weight decay 0.0001"
