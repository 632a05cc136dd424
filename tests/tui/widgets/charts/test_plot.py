"""Rendering of frames: dots, lines, marks and several curves."""

import numpy as np
import pytest

from emnist_tui.tui.widgets.charts import plot
from emnist_tui.tui.widgets.charts.plot import Frame, Ink, Row

X_TICKS = [(0.0, "0"), (50.0, "50"), (100.0, "100")]
Y_TICKS = [(0.0, "0.0"), (1.0, "1.0")]


def frame(
    x: list[float],
    dots: list[float],
    line: list[float],
    marks: list[tuple[float, float]] | None = None,
    verticals: list[float] | None = None,
) -> Frame:
    return Frame(
        x=np.array(x),
        dots=np.array(dots),
        line=np.array(line),
        marks=np.array(marks or [], np.float64).reshape(-1, 2),
        verticals=np.array(verticals or []),
        x_limits=(0.0, 100.0),
        y_limits=(0.0, 1.0),
    )


def drawn(rows: list[Row] | None, ink: Ink) -> list[tuple[int, int, str]]:
    """Return column, row from the top and character, for one ink."""
    assert rows
    found = []
    for y, row in enumerate(rows):
        column = 0
        for text, color in row:
            found += [(column + offset, y, sign) for offset, sign in enumerate(text) if color is ink and sign != " "]
            column += len(text)
    return found


def test_a_dot_is_at_its_value() -> None:
    rows = plot.draw(frame([0.0, 100.0], [0.0, 1.0], [2.0, 2.0]), X_TICKS, Y_TICKS, 60, 12)
    assert rows
    assert len(rows) == 12
    first, last = sorted(drawn(rows, Ink.DOT))
    assert (first[1], first[2]) == (9, "⡀")  # lowest row of the canvas, lower left dot
    assert (last[0], last[1], last[2]) == (59, 0, "⠈")  # upper right dot


def test_the_line_is_the_mean_of_each_dot_column() -> None:
    x = np.repeat(np.linspace(0, 100, 20), 2).tolist()
    rows = plot.draw(frame(x, [2.0] * 40, [0.4, 0.6] * 20), X_TICKS, Y_TICKS, 60, 12)
    assert {row for _, row, _ in drawn(rows, Ink.LINE)} <= {4, 5}
    assert len(drawn(rows, Ink.LINE)) > 50


def test_a_mark_is_drawn_above_the_line() -> None:
    rows = plot.draw(frame([0.0, 100.0], [0.5, 0.5], [0.5, 0.5], [(50.0, 0.5)]), X_TICKS, Y_TICKS, 60, 12)
    ((column, row, sign),) = drawn(rows, Ink.MARK)
    assert sign == "◆"
    assert abs(column - 32) <= 1
    assert row in (4, 5)


@pytest.mark.parametrize(("epochs", "lines"), [(5, 5), (40, 0)])
def test_dense_epoch_lines_are_omitted(epochs: int, lines: int) -> None:
    ends = np.linspace(5, 95, epochs).tolist()
    rows = plot.draw(frame([], [], [], verticals=ends), X_TICKS, Y_TICKS, 60, 12)
    assert len({column for column, _, _ in drawn(rows, Ink.EPOCH)}) == lines


def test_labels_are_beside_the_axes() -> None:
    rows = plot.draw(frame([0.0, 100.0], [0.0, 1.0], [0.5, 0.5]), X_TICKS, Y_TICKS, 60, 12)
    assert rows
    texts = ["".join(text for text, _ in row) for row in rows]
    assert texts[0].startswith("1.0")
    assert texts[9].startswith("0.0")
    assert texts[-1].split() == ["0", "50", "100"]


@pytest.mark.parametrize("size", [(11, 12), (60, 3)])
def test_a_frame_without_room_is_not_drawn(size: tuple[int, int]) -> None:
    assert plot.draw(frame([0.0], [0.5], [0.5]), X_TICKS, Y_TICKS, *size) is None


def test_overlapping_curves_alternate() -> None:
    x, y = np.arange(100.0), np.full(100, 0.5)
    ticks = [(0.0, "0")]
    rows = plot.draw_curves([(x, y), (x, y), (x, y + 0.4)], (0.0, 99.0), (0.0, 1.0), ticks, ticks, 60, 12)
    assert rows
    cells = [
        sum(len(text) for row in rows for text, ink in row if ink == plot.CURVE + position) for position in range(3)
    ]
    assert abs(cells[0] - cells[1]) <= 4
    assert cells[2] > cells[0] + cells[1] - 8


def test_a_curve_beyond_the_limits_is_not_drawn() -> None:
    x, y = np.arange(100.0), np.full(100, 5.0)
    ticks = [(0.0, "0")]
    rows = plot.draw_curves([(x, y), (x, y / 10)], (0.0, 99.0), (0.0, 1.0), ticks, ticks, 60, 12)
    assert rows
    assert {ink for row in rows for _, ink in row if ink >= plot.CURVE} == {plot.CURVE + 1}


def test_curves_without_room_are_not_drawn() -> None:
    nothing = np.empty(0)
    assert plot.draw_curves([(nothing, nothing)], (0.0, 1.0), (0.0, 1.0), [(0.0, "0")], [(0.0, "0")], 6, 3) is None


def test_the_numbers_of_curves_do_not_overlap() -> None:
    x, y = np.arange(100.0), np.linspace(0, 1, 100)
    ticks = [(0.0, "0")]
    rows = plot.draw_curves([(x, y)] * 6, (0.0, 99.0), (0.0, 1.0), ticks, ticks, 60, 12)
    assert rows
    labels = {
        sign: ink - plot.CURVE
        for row in rows
        for text, ink in row
        for sign in text
        if sign.isdigit() and ink > Ink.MARK
    }
    assert labels == {str(position + 1): position for position in range(6)}
