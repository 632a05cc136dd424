"""The search space: parsing, spelling and hostile values."""

from typing import Any

import pytest

from emnist_tui.runs.errors import UsageError
from emnist_tui.runs.sweeps.space import FIXED, Axis, parse_value, spell, variable_fields


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("learning-rate=0.001..0.3:log", Axis("learning_rate", low=0.001, high=0.3, is_log=True)),
        ("learning_rate = 1e-3..1e-1", Axis("learning_rate", low=0.001, high=0.1)),
        ("batch-size=32,128", Axis("batch_size", (32, 128))),
        ("batch-size=16..256:log", Axis("batch_size", low=16, high=256, is_log=True)),
        ("optimizer=adam, sgd", Axis("optimizer", ("adam", "sgd"))),
        ("seed=0,1,2", Axis("seed", (0, 1, 2))),
        ("augmentation=0..1", Axis("augmentation", low=0.0, high=1.0)),
        ("weight-decay=.1...5", Axis("weight_decay", low=0.1, high=0.5)),
    ],
)
def test_axes_are_parsed_spelled_and_stored_alike(text: str, axis: Axis) -> None:
    assert Axis.parse(text) == axis
    assert Axis.parse(f"{axis.option}={axis.describe()}") == axis
    assert Axis.from_json(axis.to_json()) == axis


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("learning-rate", "NAME=LOW..HIGH"),
        ("learning-rate=", "NAME=LOW..HIGH"),
        ("=1", "NAME=LOW..HIGH"),
        ("[red]x=1,2", "cannot vary '[red]x'"),
        ("foo=1..2", "cannot vary 'foo'; it can vary epochs, batch-size"),
        ("learning-rate=1..0.1", "from a smaller number"),
        ("learning-rate=0.1..0.1", "from a smaller number"),
        ("learning-rate=nan..1", "must be a number"),
        ("learning-rate=0..1:log", "must be a number"),
        ("weight-decay=0..1:log", "begins above 0"),
        ("learning-rate=0.1..0.2:lin", "LOW..HIGH or LOW..HIGH:log"),
        ("learning-rate=a..b", "between two numbers"),
        ("batch-size=1.5..9", "between two numbers"),
        ("batch-size=0,32", "must be a whole number, 1 to 65,536"),
        ("batch-size=32,", "must be a whole number"),
        ("batch-size=32,32", "twice"),
        ("optimizer=adam..sgd", "between two numbers"),
        ("optimizer=adam,lion", "must be adam, adamw or sgd"),
        ("epochs=1..99999", "must be a whole number"),
        (f"seed={','.join(map(str, range(1001)))}", "at most 1,000"),
        *((f"{field.replace('_', '-')}=1,2", "cannot vary") for field in FIXED),
    ],
)
def test_what_no_sweep_can_vary_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        Axis.parse(text)
    assert sentence in str(refused.value)


HOSTILE: list[Any] = [
    {},
    {"field": 3, "values": [1]},
    {"field": ["seed"], "values": [1]},
    {"field": "seed", "values": "12"},
    {"field": "seed", "values": []},
    {"field": "seed", "values": [[1]]},
    {"field": "seed", "values": [True, False]},
    {"field": "warmup", "values": [None, 0.1]},
    {"field": "clip_norm", "values": [False, 1]},
    {"field": "seed", "values": [10**400]},
    {"field": "learning_rate", "low": float("nan"), "high": 1},
    {"field": "learning_rate", "low": 0.1, "high": float("inf")},
    {"field": "learning_rate", "low": 0.1, "high": 10**400},
    {"field": "learning_rate", "low": "0.1", "high": "1"},
    {"field": "batch_size", "low": 1.5, "high": 9},
    {"field": "data", "values": ["/etc/passwd"]},
    [],
    "seed",
    None,
]


@pytest.mark.parametrize("values", HOSTILE, ids=str)
def test_hostile_axes_are_refused(values: Any) -> None:
    with pytest.raises((UsageError, TypeError, KeyError, ValueError, AttributeError)):
        Axis.from_json(values)


def test_an_axis_contains_its_values_only() -> None:
    listed, whole, real = map(Axis.parse, ("batch-size=1,128", "batch-size=16..256", "augmentation=0..1"))
    assert (listed.contains(128), listed.contains(64), listed.contains(True), listed.contains("128")) == (
        True,
        False,
        False,
        False,
    )
    assert (whole.contains(16), whole.contains(256), whole.contains(17.5), whole.contains(257)) == (
        True,
        True,
        False,
        False,
    )
    assert (real.contains(0.5), real.contains(1), real.contains(None), real.contains(float("nan"))) == (
        True,
        True,
        False,
        False,
    )


@pytest.mark.parametrize("value", [0.1, 0.012345678901, 1e-9, 32, "adam", 1 / 3])
def test_values_are_spelled_without_loss(value: Any) -> None:
    field = {float: "learning_rate", int: "batch_size", str: "optimizer"}[type(value)]
    assert parse_value(field, spell(value)) == value


def test_all_but_what_the_trials_share_can_be_varied() -> None:
    assert {"learning_rate", "batch_size", "augmentation", "seed", "epochs", "optimizer"} <= set(variable_fields())
    assert not set(FIXED) & set(variable_fields())
