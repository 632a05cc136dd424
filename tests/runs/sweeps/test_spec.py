"""The specification: its rules, its grid and hostile files."""

from typing import Any

import pytest

from emnist_tui.runs.config import TrainConfig
from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.runs.sweeps.spec import MOST_TRIALS, SweepSpec
from tests.support.sweep_folders import make_spec, seeds_spec


def test_a_specification_survives_its_file() -> None:
    for spec in (make_spec(), seeds_spec(), make_spec(sampler="random", pruner="none", seed=7)):
        assert SweepSpec.from_json(spec.to_json()) == spec


def test_a_grid_has_every_combination_the_last_axis_fastest() -> None:
    axes = (Axis.parse("batch-size=32,128"), Axis.parse("optimizer=adam,sgd"))
    spec = make_spec(axes=axes, sampler="grid", pruner="none", trials=9)
    assert spec.grid() == [
        {"batch_size": 32, "optimizer": "adam"},
        {"batch_size": 32, "optimizer": "sgd"},
        {"batch_size": 128, "optimizer": "adam"},
        {"batch_size": 128, "optimizer": "sgd"},
    ]
    assert spec.trials == 4
    assert not spec.needs_engine
    assert not spec.is_seeds


def test_an_absurd_grid_is_refused_before_it_is_built() -> None:
    axes = tuple(Axis(field, tuple(range(1, 1001))) for field in ("seed", "batch_size", "epochs"))
    with pytest.raises(UsageError, match="1,000,000,000 combinations is too large"):
        make_spec(axes=axes, sampler="grid")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"axes": ()}, "varies something"),
        ({"axes": (Axis("seed", (1, 2)), Axis("seed", (3,)))}, "varied once"),
        ({"sampler": "cma"}, "tpe, random or grid"),
        ({"sampler": []}, "tpe, random or grid"),
        ({"pruner": "median"}, "asha or none"),
        ({"sampler": "grid"}, "list of values for learning-rate"),
        ({"config": TrainConfig()}, "--validation N"),
        ({"trials": 0}, "1 to 100,000 trials"),
        ({"trials": MOST_TRIALS + 1}, "1 to 100,000 trials"),
        ({"trials": True}, "1 to 100,000 trials"),
        ({"trials": 2.0}, "1 to 100,000 trials"),
        ({"seed": -1}, "whole number below 2^32"),
        ({"axes": (Axis("seed", (1, 2)),), "sampler": "grid", "pruner": "asha"}, "--prune none"),
    ],
)
def test_wrong_specifications_are_refused_with_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        make_spec(**values)
    assert sentence in str(refused.value)


def test_seeds_follow_that_of_the_configuration_and_wrap() -> None:
    spec = SweepSpec.of_seeds(TrainConfig(seed=2**32 - 1), 3, 0.0)
    assert [point["seed"] for point in spec.grid()] == [2**32 - 1, 0, 1]
    assert (spec.is_seeds, spec.needs_engine, spec.trials, spec.split) == (True, False, 3, "test")
    assert seeds_spec(validation=500).split == "validation"
    for count in (0, -1, 1001, True):
        with pytest.raises(UsageError, match="1 to 1,000"):
            SweepSpec.of_seeds(TrainConfig(), count, 0.0)


def test_a_trial_has_a_valid_value_for_every_varied_field() -> None:
    spec = make_spec()
    point = {"learning_rate": 0.02, "batch_size": 64, "augmentation": 0.5}
    assert spec.config_of(point).batch_size == 64
    for wrong in ({}, {**point, "seed": 3}, {**point, "batch_size": 0}, {**point, "batch_size": True}):
        with pytest.raises(UsageError):
            spec.config_of(wrong)


HOSTILE: list[dict[str, Any]] = [
    {"config": []},
    {"config": {"epochs": 0}},
    {"config": {"learning_rate": float("nan")}},
    {"vary": []},
    {"vary": "seed"},
    {"vary": [3]},
    {"vary": {"field": "seed", "values": [1]}},
    {"trials": 10**30},
    {"trials": "50"},
    {"seed": 1.5},
    {"created": float("inf")},
    {"created": "yesterday"},
    {"sampler": {}},
    {"pruner": None},
]


@pytest.mark.parametrize("change", HOSTILE, ids=str)
def test_hostile_specifications_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises((UsageError, TypeError, KeyError, ValueError, AttributeError)):
        SweepSpec.from_json({**make_spec().to_json(), **change})
