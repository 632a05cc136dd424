"""Comparison: accuracies, significance, recall per class and sets of images."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from emnist_tui.analysis.comparison import Comparison
from emnist_tui.analysis.predictions import Evaluation
from emnist_tui.tui.widgets.comparison_facts import (
    ClassChanges,
    ComparisonFacts,
    ImageSet,
    SetList,
    likelihood,
    points,
)
from tests.support.scripted_runs import evaluation
from tests.support.widget_app import WidgetApp

COMPARISON = Comparison(evaluation(seed=3), evaluation(seed=9))


def classified(correct: Sequence[bool]) -> Evaluation:
    """Images of class 0, misclassified as 5 where not correct."""
    logits = np.zeros((len(correct), 10), np.float32)
    logits[np.arange(len(correct)), [0 if is_correct else 5 for is_correct in correct]] = 1
    images = np.zeros((len(correct) - sum(correct), 28, 28), np.uint8)
    return Evaluation("digits", "test", np.zeros(len(correct), np.int64), logits, images)


@pytest.mark.parametrize(
    ("fixed", "broken", "expected"),
    [
        (10, 0, "unlikely to be chance: p = 0.00195"),
        (6, 4, "the difference could be chance: p = 0.754"),
        (40, 0, "unlikely to be chance: p < 0.0001"),
        (0, 0, "A and B misclassify the same images"),
    ],
)
def test_likelihood_interprets_the_p_value(fixed: int, broken: int, expected: str) -> None:
    a = classified([False] * fixed + [True] * broken + [True] * 5)
    b = classified([True] * fixed + [False] * broken + [True] * 5)
    assert likelihood(Comparison(a, b)) == expected


def test_points_are_signed_percentage_points() -> None:
    assert [points(change) for change in (0.0021, -0.5, 0.0)] == ["+0.21", "-50.00", "0"]


def test_image_sets_are_those_of_the_comparison() -> None:
    found = [each.of(COMPARISON).tolist() for each in ImageSet]
    assert found == [
        COMPARISON.fixed.tolist(),
        COMPARISON.broken.tolist(),
        COMPARISON.both_wrong.tolist(),
        COMPARISON.both_wrong_differently.tolist(),
    ]


@pytest.mark.parametrize("width", [56, 76, 116])
async def test_the_facts_show_both_sides_and_the_difference(width: int) -> None:
    facts = ComparisonFacts()
    app = WidgetApp(facts)
    async with app.run_test(size=(width, 10)) as pilot:
        facts.show(("before", "after"), COMPARISON)
        await pilot.pause()
        title, *lines, _ = app.lines
        assert len(lines) == (2 if width == 116 else 3 if width == 76 else 4)
        for line, letter, side in zip(lines, "AB", (COMPARISON.a, COMPARISON.b), strict=False):
            assert line.startswith(letter)
            assert f"{side.accuracy * 100:.2f} %  (95 %: " in line
        assert f"B − A  {COMPARISON.accuracy_change * 100:+.2f} points" in app.text
        assert likelihood(COMPARISON) in app.text
        assert "500 images" in title


@pytest.mark.parametrize(
    ("models", "width", "expected"),
    [
        (("baseline", "compact"), 76, ("before (baseline)", "after (compact)")),
        (("baseline", "compact"), 48, ("before", "after")),
        (("compact", "compact"), 76, ("before", "after")),
        ((None, "compact"), 76, ("before", "after")),
    ],
)
async def test_models_are_named_where_they_differ_and_fit(
    models: tuple[str | None, str | None], width: int, expected: tuple[str, str]
) -> None:
    facts = ComparisonFacts()
    app = WidgetApp(facts)
    async with app.run_test(size=(width, 10)) as pilot:
        facts.show(("before", "after"), COMPARISON, models)
        await pilot.pause()
        shown = tuple(re.split(r"\s{2,}", line)[1] for line in app.lines[1:3])
        assert shown == expected


@pytest.mark.parametrize(("size", "columns"), [((60, 13), 7), ((40, 13), 6), ((24, 8), 0)])
async def test_recall_changes_have_as_many_columns_as_fit(size: tuple[int, int], columns: int) -> None:
    changes = ClassChanges()
    app = WidgetApp(changes)
    async with app.run_test(size=size) as pilot:
        changes.show(COMPARISON)
        await pilot.pause()
        for row in COMPARISON.per_class:
            change = points(float(row["change"])) if row["change"] else "·"
            if columns:
                cells = next(line.split() for line in app.lines if line.startswith(f"{row['class']} "))
                assert len(cells) == columns
                assert cells[3] == change
            else:
                assert f"{row['class']} " in app.text
                assert change in app.text


@pytest.mark.parametrize(("width", "last"), [(44, "both wrong, different answers"), (24, "answers differ")])
async def test_sets_are_listed_with_their_size_and_opened_by_enter(width: int, last: str) -> None:
    chosen: list[ImageSet] = []

    class SetApp(WidgetApp):
        def on_set_list_set_chosen(self, message: SetList.SetChosen) -> None:
            chosen.append(message.chosen)

    sets = SetList()
    app = SetApp(sets)
    async with app.run_test(size=(width, 8)) as pilot:
        sets.show(COMPARISON)
        await pilot.pause()
        assert app.lines[4].startswith(last)
        assert [int(line.split()[-1]) for line in app.lines[1:5]] == [len(each.of(COMPARISON)) for each in ImageSet]
        sets.focus()
        await pilot.press("down", "down", "enter")
        assert chosen == [ImageSet.BOTH_WRONG]
