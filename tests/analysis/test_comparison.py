"""Comparison of two networks on the same images."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.statistics import mcnemar_p_value
from emnist_tui.runs.errors import EmnistTuiError
from tests.support.scripted_runs import answered

DIGITS = st.integers(0, 9)
ANSWERS = st.lists(st.tuples(DIGITS, DIGITS, DIGITS), min_size=1, max_size=40)


def compared(answers: list[tuple[int, int, int]]) -> Comparison:
    true, first, second = ([row[column] for row in answers] for column in range(3))
    return Comparison(answered(true, first), answered(true, second))


def test_a_worked_example_has_the_expected_sets() -> None:
    #                      correct  fixed  fixed  broken both   both, differently
    comparison = compared([(1, 1, 1), (2, 3, 2), (2, 4, 2), (3, 3, 8), (4, 9, 9), (5, 3, 8)])
    assert comparison.fixed.tolist() == [1, 2]
    assert comparison.broken.tolist() == [3]
    assert comparison.both_wrong.tolist() == [4, 5]
    assert comparison.both_wrong_differently.tolist() == [5]
    assert comparison.p_value == mcnemar_p_value(2, 1) == 1.0
    assert comparison.accuracy_change == pytest.approx(1 / 6)
    changed = {(t, p): int(comparison.difference[t, p]) for t, p in np.argwhere(comparison.difference)}
    assert changed == {(2, 2): 2, (2, 3): -1, (2, 4): -1, (3, 3): -1, (3, 8): 1, (5, 3): -1, (5, 8): 1}
    assert comparison.per_class[2] == {
        "class": 2,
        "recall_a": 0.0,
        "recall_b": 1.0,
        "change": 1.0,
        "fixed": 2,
        "broken": 0,
        "support": 2,
    }
    assert [row["broken"] for row in comparison.per_class] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]


@given(ANSWERS)
def test_an_evaluation_does_not_differ_from_itself(answers: list[tuple[int, int, int]]) -> None:
    evaluation = compared(answers).a
    comparison = Comparison(evaluation, evaluation)
    assert not len(comparison.fixed)
    assert not len(comparison.broken)
    assert not comparison.difference.any()
    assert comparison.p_value == 1.0
    assert comparison.accuracy_change == 0
    assert comparison.both_wrong.tolist() == evaluation.wrong.tolist()
    assert not len(comparison.both_wrong_differently)
    assert all(row["change"] == row["fixed"] == row["broken"] == 0 for row in comparison.per_class)


@given(ANSWERS)
def test_swapping_the_networks_mirrors_the_comparison(answers: list[tuple[int, int, int]]) -> None:
    forth = compared(answers)
    back = Comparison(forth.b, forth.a)
    assert forth.fixed.tolist() == back.broken.tolist()
    assert forth.broken.tolist() == back.fixed.tolist()
    assert forth.both_wrong.tolist() == back.both_wrong.tolist()
    assert forth.both_wrong_differently.tolist() == back.both_wrong_differently.tolist()
    assert (forth.difference == -back.difference).all()
    assert forth.p_value == back.p_value
    assert forth.accuracy_change == -back.accuracy_change
    for one, other in zip(forth.per_class, back.per_class, strict=True):
        assert (one["change"], one["fixed"], one["recall_a"]) == (-other["change"], other["broken"], other["recall_b"])


@given(ANSWERS)
def test_the_sets_add_up(answers: list[tuple[int, int, int]]) -> None:
    comparison = compared(answers)
    a, b = comparison.a, comparison.b
    assert sorted([*comparison.fixed, *comparison.both_wrong]) == a.wrong.tolist()
    assert sorted([*comparison.broken, *comparison.both_wrong]) == b.wrong.tolist()
    assert comparison.accuracy_change == pytest.approx(b.accuracy - a.accuracy)
    assert comparison.difference.sum(axis=1).tolist() == [0] * 10
    assert comparison.difference.trace() == len(comparison.fixed) - len(comparison.broken)
    assert sum(row["fixed"] for row in comparison.per_class) == len(comparison.fixed)
    assert sum(row["support"] for row in comparison.per_class) == a.images


def test_the_json_object_has_the_keys_that_scripts_rely_on() -> None:
    comparison = compared([(1, 1, 1), (2, 3, 2), (2, 4, 2), (3, 3, 8), (4, 9, 9), (5, 3, 8)])
    found = json.loads(json.dumps(comparison.to_json()))
    assert (found["dataset"], found["split"], found["images"]) == ("bars", "test", 6)
    counts = {"fixed": 2, "broken": 1, "both_wrong": 2, "both_wrong_differently": 1}
    assert {name: found[name] for name in counts} == counts
    assert {name: len(found["indices"][name]) for name in counts} == counts
    assert found["indices"]["fixed"] == [1, 2]
    assert (found["p_value"], found["accuracy_change"]) == (comparison.p_value, comparison.accuracy_change)
    assert np.array(found["difference"]).shape == (10, 10)
    for side, evaluation in (("a", comparison.a), ("b", comparison.b)):
        whole = evaluation.to_json()
        assert found[side] == {
            name: whole[name] for name in ("accuracy", "accuracy_interval", "loss", "macro_f1", "calibration_error")
        }


def test_evaluations_of_different_data_are_refused() -> None:
    known, other = answered([1, 2], [1, 3], "aa"), answered([1, 2], [1, 2], "bb")
    with pytest.raises(EmnistTuiError, match=r"not of the same data .*evaluate both checkpoints with the same --data"):
        Comparison(known, other)
    unknown = replace(other, fingerprint="")
    assert Comparison(known, unknown).fixed.tolist() == [1]
    for labels in ([1, 3], [1, 2, 2]):
        with pytest.raises(EmnistTuiError, match="not of the same data"):
            Comparison(known, answered(labels, labels))
    with pytest.raises(EmnistTuiError, match="bars and stripes"):
        Comparison(known, replace(other, data="stripes"))
    with pytest.raises(EmnistTuiError, match=r"test split .* validation split"):
        Comparison(known, replace(known, split="validation"))
