"""Metrics of an evaluation, overall and per class."""

import numpy as np

from emnist_tui.text.formats import percent
from emnist_tui.tui.widgets.evaluation_facts import ClassFacts, EvaluationFacts, sparklines
from tests.support.scripted_runs import evaluation
from tests.support.widget_app import WidgetApp

EVALUATION = evaluation()


def test_sparklines_share_one_scale_and_leave_gaps() -> None:
    recalls = np.full((3, 10), 0.9)
    recalls[:, 0] = (0.5, 0.75, 1.0)
    recalls[1, 1] = np.nan
    lines = sparklines(recalls)
    assert lines[0] == "▁▅█"
    assert lines[1] == "▇ ▇"


def test_sparklines_show_the_newest_of_two_or_more_evaluations() -> None:
    recalls = np.linspace(0, 1, 20)[:, None].repeat(10, axis=1)
    assert sparklines(recalls[:1]) == sparklines(None) == [""] * 10
    assert sparklines(recalls) == ["▁▂▃▄▅▆▇█"] * 10


async def test_the_facts_are_those_of_the_evaluation() -> None:
    facts = EvaluationFacts("Press e to evaluate")
    app = WidgetApp(facts)
    async with app.run_test(size=(42, 12)) as pilot:
        await pilot.pause()
        assert "Press e to evaluate" in app.text
        facts.show(EVALUATION, "")
        await pilot.pause()
        rows = {tuple(line.rsplit(maxsplit=2 if line.endswith("%") else 1)) for line in app.lines[1:-1]}
        accuracy, unit = percent(EVALUATION.accuracy, 2).split()
        assert ("accuracy", accuracy, unit) in rows
        assert ("misclassified", str(len(EVALUATION.wrong))) in rows
        assert ("test images", "500") in rows
        assert ("loss", f"{EVALUATION.loss:.3f}") in rows


async def test_a_long_hint_is_wrapped_and_a_narrower_window_adds_no_lines() -> None:
    facts = EvaluationFacts("No evaluation yet: press e to evaluate the last checkpoint")
    app = WidgetApp(facts)
    async with app.run_test(size=(40, 16)) as pilot:
        await pilot.pause()
        assert facts.size.height == 2
        facts.show(EVALUATION, "")
        for width in (80, 40, 30):
            await pilot.resize_terminal(width, 16)
            await pilot.pause()
            assert facts.size.height == 7
            assert app.lines[7].split() == ["test", "images", "500"]


async def test_every_class_is_listed_where_all_fit() -> None:
    facts = ClassFacts()
    app = WidgetApp(facts)
    async with app.run_test(size=(42, 13)) as pilot:
        facts.show(EVALUATION, None, 4)
        await pilot.pause()
        heading, *rows = (line.split() for line in app.lines[1:-1])
        assert heading == ["precision", "recall", "F1", "images"]
        assert rows == [
            [str(row["class"]), *(f"{row[name] * 100:.1f}" for name in ("precision", "recall", "f1")), "50"]
            for row in EVALUATION.per_class()
        ]


async def test_the_class_under_the_cursor_is_shown_where_all_do_not_fit() -> None:
    facts = ClassFacts()
    facts.styles.height = 6
    app = WidgetApp(facts)
    async with app.run_test(size=(42, 13)) as pilot:
        for digit in (4, 7):
            facts.show(EVALUATION, None, digit)
            await pilot.pause()
            row = EVALUATION.per_class()[digit]
            assert app.lines[1].startswith(f"precision of {digit} ")
            assert app.lines[1].endswith(percent(float(row["precision"])))
            assert app.lines[2].endswith(percent(float(row["recall"])))
