"""Rendering of frames: equal to plotext's, with batches, marks and several curves."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emnist_tui.tui.widgets.charts import plot
from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS, Axis
from emnist_tui.tui.widgets.charts.canvas import Canvas, Integers, braille, interleaved, label_cell
from emnist_tui.tui.widgets.charts.plot import Frame, Ink, Row

NO_MARKS = np.empty((0, 2))


def canvas(
    width: int = 60, height: int = 12, last: float = 100.0, axis: Axis = LOSS, *, is_log: bool = False
) -> Canvas:
    limits = (0.01, 1.0) if is_log else (0.0, 1.0)
    made = Canvas.lay_out(width, height, (0.0, last), axis, limits, is_log=is_log)
    assert made
    return made


def frame(
    x: list[float],
    dots: list[float],
    line: list[float],
    marks: list[tuple[float, float]] | None = None,
    verticals: list[float] | None = None,
) -> Frame:
    marked = np.array(marks, np.float64) if marks else NO_MARKS
    return Frame(np.array(x), np.array(dots), np.array(line), marked, np.array(verticals or []), len(x))


def cells(rows: list[Row]) -> Iterator[tuple[int, int, str, int]]:
    """Yield the column, the row from the top, the character and the ink of every cell."""
    for y, row in enumerate(rows):
        column = 0
        for text, ink in row:
            for offset, sign in enumerate(text):
                yield column + offset, y, sign, Ink.NONE if sign == " " else ink
            column += len(text)


def drawn(rows: list[Row], *inks: int) -> list[tuple[int, int, str]]:
    return [(x, y, sign) for x, y, sign, ink in cells(rows) if ink in inks and sign != " "]


class WholePlot:
    """A frame that plotext draws as a whole, one point a cell."""

    def __init__(self, canvas: Canvas, verticals: tuple[int, ...] = ()) -> None:
        self.figure: Any = plot.empty_figure(canvas, verticals)

    def fill(self, codes: Integers, ink: int | Integers, only: Any = None) -> None:
        inks = np.full(codes.shape, ink)
        for each in np.unique(inks):
            y, x = np.nonzero((codes > 0) & (inks == each) & (True if only is None else only))
            signs = [chr(0x2800 + code) for code in codes[y, x].tolist()]
            self.figure.scatter(x.tolist(), y.tolist(), marker=signs, color=int(each))

    def put(self, sign: str, rows: Any, columns: Any, ink: int) -> None:
        columns = np.atleast_1d(columns)
        rows = np.broadcast_to(rows, columns.shape)
        self.figure.scatter(columns.tolist(), rows.tolist(), marker=sign, color=int(ink))

    def copy(self) -> "WholePlot":
        return self

    def rows(self) -> list[Row]:
        return [list(plot._colored(line)) for line in self.figure.build().splitlines()]


def random_frame(seed: int) -> tuple[Frame, Canvas]:
    random = np.random.default_rng(seed)
    count = int(random.choice([1, 2, 30, 700, 20_000]))
    x = np.sort(random.uniform(0, 100, count))
    y = random.gamma(2.0, 0.2, count) if random.random() < 0.7 else random.binomial(32, 0.8, count) / 32
    is_log = bool(random.random() < 0.3)
    made = canvas(
        int(random.integers(20, 200)), int(random.integers(6, 60)), float(random.choice([100, 60, 150])), is_log=is_log
    )
    marks = random.uniform(0, 1.2, (int(random.integers(0, 5)), 2)) * (100, 1)
    verticals = np.sort(random.uniform(0, 100, int(random.integers(0, 6))))
    line = np.cumsum(y) / np.arange(1, count + 1)
    clouded = count if random.random() < 0.7 else count // 2
    grain = 1 / 32 if random.random() < 0.5 and not is_log else 0.0
    return Frame(x, y, line, marks, verticals, clouded, grain, 20), made


@pytest.mark.parametrize("seed", range(60))
def test_a_frame_equals_one_drawn_by_plotext_as_a_whole(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content, made = random_frame(seed)
    fast = list(cells(plot.draw(content, made)))
    monkeypatch.setattr(plot, "Cells", WholePlot)
    assert fast == list(cells(plot.draw(content, made)))


def test_the_axes_are_drawn_once() -> None:
    plot._axes.cache_clear()
    made = canvas()
    for value in (0.2, 0.4, 0.6):
        plot.draw(frame([1.0, 2.0], [value, value], [value, value]), made)
    assert plot._axes.cache_info().misses == 1


def test_a_dot_is_at_its_value() -> None:
    made = canvas()
    rows = plot.draw(frame([0.0, made.x_limits[1]], [0.0, made.y_limits[1]], [2.0, 2.0]), made)
    assert len(rows) == 12
    first, last = sorted(drawn(rows, Ink.FEW, Ink.SOME, Ink.MANY))
    assert (first[1], first[2]) == (9, "⡀")  # lowest row of the canvas, lower left dot
    assert (last[0], last[1], last[2]) == (59, 0, "⠈")  # upper right dot


def test_batches_beyond_the_axis_are_marked_at_its_edge() -> None:
    made = canvas()
    rows = plot.draw(frame([0.0, 50.0], [99.0, -99.0], [0.5, 0.5]), made)
    assert drawn(rows, Ink.FEW, Ink.SOME, Ink.MANY) == []
    signs = [(y, sign) for _, y, sign in drawn(rows, Ink.AXIS) if sign in "▲▼"]
    assert signs == [(0, "▲"), (9, "▼")]


def test_batches_that_are_not_clouded_yet_have_a_line_only() -> None:
    content = frame([0.0, 50.0, 90.0], [0.2, 0.2, 0.9], [0.5, 0.5, 0.5])
    content = Frame(content.x, content.dots, content.line, content.marks, content.verticals, clouded=2)
    rows = plot.draw(content, canvas())
    assert len(drawn(rows, Ink.FEW, Ink.SOME, Ink.MANY)) == 2
    assert max(x for x, _, _ in drawn(rows, Ink.LINE)) > 45


def test_values_of_few_kinds_make_no_stripes() -> None:
    random = np.random.default_rng(0)
    x, y = np.arange(1.0, 5001), random.binomial(32, 0.97, 5000) / 32
    made = Canvas.lay_out(80, 20, (0.0, 5000.0), ACCURACY, (0.8, 1.0))
    assert made
    content = Frame(x, y, np.full(5000, 0.97), NO_MARKS, np.empty(0), 5000, grain=1 / 32, window=100)
    rows = plot.draw(content, made)
    filled = {y for _, y, _ in drawn(rows, Ink.FEW, Ink.SOME, Ink.LINE)}
    assert filled == set(range(min(filled), max(filled) + 1))


def test_a_mark_is_drawn_above_the_line() -> None:
    rows = plot.draw(frame([0.0, 100.0], [0.5, 0.5], [0.5, 0.5], [(50.0, 0.5)]), canvas())
    ((_, row, sign),) = drawn(rows, Ink.MARK)
    assert sign == "◆"
    assert row in {y for _, y, _ in drawn(rows, Ink.LINE)}


def test_a_mark_outside_the_steps_is_not_drawn() -> None:
    rows = plot.draw(frame([], [], [], [(-50.0, 0.5), (900.0, 0.5)]), canvas())
    assert drawn(rows, Ink.MARK) == []


@pytest.mark.parametrize(("epochs", "lines"), [(5, 5), (40, 0)])
def test_dense_epoch_lines_are_omitted(epochs: int, lines: int) -> None:
    ends = np.linspace(5, 95, epochs).tolist()
    rows = plot.draw(frame([], [], [], verticals=ends), canvas())
    assert len({column for column, _, _ in drawn(rows, Ink.EPOCH)}) == lines


def test_labels_are_beside_the_axes() -> None:
    made = canvas()
    rows = plot.draw(frame([0.0, 100.0], [0.0, 1.0], [0.5, 0.5]), made)
    texts = ["".join(text for text, _ in row) for row in rows]
    for row, label in made.y_ticks:
        assert texts[made.rows - 1 - row].startswith(label)
    assert texts[-1].split() == [label for _, label in made.x_ticks]


@settings(max_examples=50, deadline=None)
@example(width=98, height=5, first=469444445.0, length=502631579.0, is_log=False)  # its last label has a digit more
@given(
    width=st.integers(14, 250),
    height=st.integers(5, 80),
    first=st.floats(0, 1e9),
    length=st.floats(1, 1e9),
    is_log=st.booleans(),
)
def test_every_label_of_any_axes_is_written_whole(
    width: int, height: int, first: float, length: float, is_log: bool
) -> None:
    limits = (0.001, 5.0) if is_log else (0.0, 2.5)
    made = Canvas.lay_out(width, height, (first, first + length), LOSS, limits, is_log=is_log)
    if made is None:
        return
    rows = plot.draw(frame([], [], []), made)
    texts = ["".join(text for text, _ in row) for row in rows]
    assert {len(text) for text in texts} == {width}
    for row, label in made.y_ticks:
        assert texts[made.rows - 1 - row].startswith(label)
    labels = [label for _, label in made.x_ticks]
    if width >= 40:
        assert texts[-1].split() == labels


def test_the_reference_is_another_way_to_draw() -> None:
    """The equality above compares two painters of the same cells."""
    made = canvas()
    codes = braille(made.line(np.array([0.0, 50.0]), np.array([0.2, 0.8])))
    whole = WholePlot(made)
    whole.fill(codes, Ink.LINE)
    assert len(drawn(whole.rows(), Ink.LINE)) == (codes > 0).sum()
    assert label_cell(made.line(np.array([0.0, 50.0]), np.array([0.2, 0.8])), 1)[0] > 20
    assert interleaved([codes], 2)[0].sum() == (codes > 0).sum()


def test_a_background_is_drawn_over_without_a_change() -> None:
    made = canvas()
    content = frame([0.0, 50.0], [0.2, 0.8], [0.5, 0.5], [(50.0, 0.5)])
    back = plot.draw_back(content, made)
    before = back.rows()
    assert plot.draw_over(back, content, made) == plot.draw(content, made)
    assert back.rows() == before


def test_an_evaluation_beyond_the_edge_has_a_sign_of_its_own() -> None:
    content = frame([0.0, 100.0], [0.5, 0.5], [0.5, 0.5], [(20.0, 1.5), (50.0, 0.9), (80.0, -0.5)])
    rows = plot.draw(content, canvas())
    assert [sign for _, _, sign in sorted(drawn(rows, Ink.MARK))] == ["▲", "◆", "▼"]
