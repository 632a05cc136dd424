"""Marks of a changed learning rate in charts."""

from collections.abc import Sequence

import numpy as np
import pytest

from emnist_tui.tui.widgets.charts import plot
from emnist_tui.tui.widgets.charts.axes import LOSS
from emnist_tui.tui.widgets.charts.canvas import Canvas
from emnist_tui.tui.widgets.charts.plot import Frame, Ink
from tests.tui.widgets.charts.test_plot import canvas, cells, drawn, frame

LINE = [0.5, 0.5]


def rows_with(made: Canvas, rates: Sequence[tuple[float, float]], y: float = 0.5) -> list[plot.Row]:
    """Draw a level line with changes of the rate."""
    plain = frame([0.0, 100.0], [y, y], [y, y])
    content = Frame(plain.x, plain.dots, plain.line, plain.marks, plain.verticals, 2, rates=np.array(rates))
    return plot.draw(content, made)


def labels(rows: list[plot.Row]) -> str:
    """Return what is written in the ink of changes, without the lines."""
    by_row: dict[int, str] = {}
    for _, y, sign in drawn(rows, Ink.RATE):
        by_row[y] = by_row.get(y, "") + sign.replace("┊", " ")
    return " ".join(" ".join(by_row.values()).split())


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("step", [0.0, 40.0, 100.0])
def test_the_line_is_in_the_column_of_its_step(step: float, is_log: bool) -> None:
    made = canvas(is_log=is_log)
    rows = rows_with(made, [(step, 0.02)])
    column = int(made.dot_columns(np.array([step]))[0]) // 2 + made.width - made.columns
    lines = {(x, y) for x, y, sign in drawn(rows, Ink.RATE) if sign == "┊"}
    assert {x for x, _ in lines} == {column}
    covered = {y for x, y, _ in drawn(rows, Ink.LINE) if x == column}
    assert {y for _, y in lines} | covered == set(range(made.rows))
    assert labels(rows) == "0.02"


def test_steps_beyond_the_axis_have_no_line() -> None:
    zoomed = Canvas.lay_out(60, 12, (50.0, 100.0), LOSS, (0.0, 1.0))
    assert zoomed
    assert drawn(rows_with(zoomed, [(40.0, 0.02), (500.0, 0.1)]), Ink.RATE) == []
    assert labels(rows_with(zoomed, [(40.0, 0.02), (70.0, 0.1)])) == "0.1"


def test_a_label_is_beside_its_line_within_the_chart() -> None:
    for step in (0.0, 50.0, 99.0, 100.0):
        rows = rows_with(canvas(), [(step, 0.00025)])
        found = drawn(rows, Ink.RATE)
        column = next(x for x, _, sign in found if sign == "┊")
        written = [x for x, _, sign in found if sign != "┊"]
        assert column in (min(written) - 1, max(written) + 1)
        assert labels(rows) == "0.00025"


def test_the_curve_is_never_covered_by_a_label() -> None:
    made = canvas()
    rows = rows_with(made, [(50.0, 0.02)], y=float(made.y_limits[1]))  # along the upper edge
    assert len({x for x, _, _ in drawn(rows, Ink.LINE)}) >= made.columns - 1
    assert {y for _, y, sign in drawn(rows, Ink.RATE) if sign != "┊"} == {made.rows - 1}
    assert labels(rows) == "0.02"


def test_of_several_changes_in_a_column_the_last_is_written() -> None:
    rows = rows_with(canvas(), [(50.0, 0.02), (50.1, 0.05), (50.2, 0.1)])
    assert labels(rows) == "0.1"
    assert len({x for x, _, sign in drawn(rows, Ink.RATE) if sign == "┊"}) == 1


def test_labels_without_room_are_left_out_the_newest_last() -> None:
    rates = [(float(step), 0.01 + step / 1000) for step in range(40, 60, 2)]
    rows = rows_with(canvas(), rates)
    written = labels(rows).split()
    assert "0.068" in written
    assert 2 <= len(written) < len(rates)
    assert set(written) <= {f"{rate:g}" for _, rate in rates}


def test_lines_are_behind_the_batches_and_before_the_epochs() -> None:
    content = frame([0.0, 100.0], LINE, LINE, verticals=[50.0])
    content = Frame(
        content.x, content.dots, content.line, content.marks, content.verticals, 2, rates=np.array([(50.0, 0.02)])
    )
    rows = plot.draw(content, canvas())
    assert drawn(rows, Ink.EPOCH) == []
    assert "┊" in {sign for _, _, sign, _ in cells(rows)}
