from dataclasses import replace

import pytest
from scipy import stats

from emnist_tui.analysis.seed_comparison import SeedComparison, Verdict, p_text
from emnist_tui.runs.errors import EmnistTuiError
from emnist_tui.runs.recipe import recipe_values
from tests.support.seed_groups import group

A = {0: 0.950, 1: 0.953, 2: 0.948, 3: 0.955, 4: 0.951}
BETTER = {0: 0.954, 1: 0.958, 2: 0.954, 3: 0.960, 4: 0.958}
LUCK = {0: 0.954, 1: 0.948, 2: 0.954, 3: 0.952, 4: 0.952}


def compared(b: dict[int, float], a: dict[int, float] = A) -> SeedComparison:
    return SeedComparison(group("a", a), group("b", b))


def test_shared_seeds_are_paired_as_scipy_pairs_them() -> None:
    found = compared(BETTER)
    expected = stats.ttest_rel([*BETTER.values()], [*A.values()])
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.95)), rel=1e-8)
    assert found.is_paired


def test_other_seeds_are_compared_by_welch_as_scipy_does() -> None:
    b = {10: 0.955, 11: 0.96, 12: 0.951}
    found = compared(b)
    expected = stats.ttest_ind([*b.values()], [*A.values()], equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-8)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.95)), rel=1e-8)
    assert found.method == "Welch's t test over 5 and 3 seeds"


def test_one_shared_seed_is_not_paired() -> None:
    assert not compared({0: 0.95, 7: 0.96, 8: 0.94}).is_paired


def test_paired_seeds_alone_give_the_difference() -> None:
    found = compared({0: 0.951, 1: 0.956, 9: 0.1})
    assert found.difference == pytest.approx(0.002)
    assert found.warnings == ["Seeds without a partner do not count: 3 of a and 1 of b."]


def test_verdicts_say_the_numbers() -> None:
    assert compared(BETTER).answer == "b is better than a (+0.54 points, 95 %: +0.40 to +0.68, p = 0.00045)."
    assert compared(A, BETTER).answer == "b is worse than a (-0.54 points, 95 %: -0.68 to -0.40, p = 0.00045)."
    assert (
        compared(LUCK).answer
        == "No difference is shown (+0.06 points, 95 %: -0.51 to +0.63, p = 0.79): it could be luck."
    )


def test_the_values_that_differ_are_named() -> None:
    a, b = group("a", A), group("b", BETTER)
    assert SeedComparison(a, b).differing == ""
    faster = replace(b, config=replace(b.config, learning_rate=0.03, seed=7))
    assert SeedComparison(a, faster).differing == "They differ in learning rate 0.01 and 0.03."
    for rate, spelled in ((0.09103784164516614, "0.09104"), (0.010000123, "0.010000123")):
        other = replace(faster, config=replace(faster.config, learning_rate=rate))
        assert SeedComparison(a, other).differing == f"They differ in learning rate 0.01 and {spelled}."
    other = replace(b, config=replace(b.config, **{**recipe_values("compact"), "model": "compact", "epochs": 1}))
    assert (
        SeedComparison(a, other).differing
        == f"They differ in model baseline and compact, epochs {a.config.epochs} and 1."
    )


def test_the_interval_excludes_zero_exactly_if_the_verdict_is_sure() -> None:
    for b, verdict in ((BETTER, Verdict.BETTER), (LUCK, Verdict.UNDECIDED)):
        found = compared(b)
        assert found.interval is not None
        assert (found.interval[0] > 0) == (verdict is Verdict.BETTER)
        assert found.verdict is verdict


@pytest.mark.parametrize(("a", "b"), [(A, {0: 0.99}), ({0: 0.9}, A), ({0: 0.9}, {0: 0.99})])
def test_one_seed_gives_no_verdict(a: dict[int, float], b: dict[int, float]) -> None:
    found = compared(b, a)
    assert (found.verdict, found.interval, found.p_value) == (Verdict.UNKNOWN, None, None)
    assert found.answer.startswith("One seed shows no spread (")


def test_equal_differences_are_no_certainty() -> None:
    found = compared({seed: accuracy + 0.001 for seed, accuracy in A.items()})
    assert found.verdict is Verdict.UNKNOWN
    assert found.answer == "Every seed differs by +0.10 points, so no test can tell; train more with --seeds."


def test_the_same_results_are_no_difference() -> None:
    assert compared(dict(A)).answer == "Every seed gives the same in both: no difference is shown."


def test_groups_without_variance_have_no_welch_test() -> None:
    assert compared({5: 0.9, 6: 0.9}, {1: 0.8, 2: 0.8}).p_value is None


def test_different_data_are_refused() -> None:
    with pytest.raises(EmnistTuiError, match=r"a and b are not of the same data \(synthetic digits, which changed"):
        SeedComparison(group("a", A), group("b", BETTER, "other"))


def test_a_group_is_not_compared_with_itself() -> None:
    with pytest.raises(EmnistTuiError, match="compared with itself"):
        SeedComparison(group("a", A), group("a", A))


def test_a_group_without_results_is_refused() -> None:
    with pytest.raises(EmnistTuiError, match="No run of b has finished"):
        SeedComparison(group("a", A), group("b", {}, s1="running"))


def test_seeds_without_a_result_are_named() -> None:
    a = group("a", {0: 0.9, 1: 0.91}, s2="diverged", s3="failed", s4="diverged")
    found = SeedComparison(a, group("b", {0: 0.9, 1: 0.92}))
    assert found.warnings == ["3 of 5 seeds of a have no result (2 diverged, 1 failed)."]


def test_stuck_seeds_are_named_and_count() -> None:
    found = SeedComparison(replace(group("a", A), stuck=frozenset({3})), group("b", BETTER))
    assert found.warnings == ["1 seed of a trained at the loss of guessing (3); they count all the same."]
    assert found.spread_a.n == 5


def test_json_holds_what_is_printed() -> None:
    values = compared(BETTER).to_json()
    assert values["verdict"] == "better"
    assert values["test"] == "paired t"
    assert values["per_seed"][2] == {"seed": 2, "a": 0.948, "b": 0.954, "change": 0.006}
    assert values["a"]["test_accuracy"]["n"] == 5


@pytest.mark.parametrize(
    ("p", "text"), [(0.78, "p = 0.78"), (0.0042, "p = 0.0042"), (0.0499, "p = 0.0499"), (1e-9, "p < 0.0001")]
)
def test_rounding_never_contradicts_a_verdict(p: float, text: str) -> None:
    assert p_text(p) == text
