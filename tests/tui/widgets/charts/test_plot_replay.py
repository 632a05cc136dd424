"""The mark of a replay's step in charts."""

import numpy as np
import pytest

from emnist_tui.tui.widgets.charts import plot
from emnist_tui.tui.widgets.charts.canvas import Canvas
from emnist_tui.tui.widgets.charts.plot import Frame, Ink
from tests.tui.widgets.charts.test_plot import canvas, drawn, frame


def rows_at(made: Canvas, step: float, y: float = 0.5, label: str = "step 40") -> list[plot.Row]:
    """Draw a level line, and mark a step."""
    plain = frame([0.0, 100.0], [y, y], [y, y])
    content = Frame(plain.x, plain.dots, plain.line, plain.marks, plain.verticals, 2, replayed=(step, (label, "40")))
    return plot.draw(content, made)


@pytest.mark.parametrize("step", [0.0, 40.0, 100.0])
def test_the_mark_crosses_the_chart_behind_the_curve(step: float) -> None:
    made = canvas()
    found = drawn(rows_at(made, step), Ink.REPLAY)
    column = int(made.dot_columns(np.array([step]))[0]) // 2 + made.width - made.columns
    assert {x for x, _, sign in found if sign == "╎"} == {column}
    covered = {y for x, y, _ in drawn(rows_at(made, step), Ink.LINE) if x == column}
    assert covered
    assert {y for x, y, _ in found if x == column} | covered == set(range(made.rows))


@pytest.mark.parametrize("step", [0.0, 40.0, 99.0, 100.0])
def test_its_label_is_beside_it_within_the_chart(step: float) -> None:
    made = canvas()
    found = drawn(rows_at(made, step), Ink.REPLAY)
    written = [(x, sign) for x, _, sign in sorted(found) if sign not in " ╎"]
    assert "".join(sign for _, sign in written) == "step40"
    column = next(x for x, _, sign in found if sign == "╎")
    assert min(abs(x - column) for x, _ in written) == 2
    assert all(made.width - made.columns <= x < made.width for x, _ in written)


def test_the_label_is_below_a_curve_at_the_top() -> None:
    made = canvas()
    rows = {y for _, y, sign in drawn(rows_at(made, 40.0, y=0.99), Ink.REPLAY) if sign == "s"}
    assert rows == {0}


def test_a_step_beyond_the_axis_is_not_marked() -> None:
    assert drawn(rows_at(canvas(), 900.0), Ink.REPLAY) == []


def test_a_label_wider_than_the_chart_gives_way_to_a_shorter_one() -> None:
    made = canvas()
    found = drawn(rows_at(made, 40.0, label="x" * made.columns), Ink.REPLAY)
    assert {sign for _, _, sign in found} == {"╎", "4", "0"}
