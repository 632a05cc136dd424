"""Cells of a chart: points, lines and bands at their places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.tui.widgets.charts.axes import ACCURACY, LOSS
from emnist_tui.tui.widgets.charts.canvas import Canvas, braille, interleaved, label_cell

finite = st.floats(-1e15, 1e15)


def canvas(*, is_log: bool = False, width: int = 60, height: int = 14) -> Canvas:
    made = Canvas.lay_out(width, height, (0.0, 100.0), LOSS, (0.01, 1.0) if is_log else (0.0, 1.0), is_log=is_log)
    assert made
    return made


def test_the_limits_are_the_outermost_dots() -> None:
    made = canvas()
    low, high = made.y_limits
    assert made.dot_rows(np.array([low, high, low - 1, high + 1])).tolist() == [0, 47, -1, 48]
    assert made.dot_columns(np.array([0.0, made.x_limits[1], -50.0, 1e9])).tolist() == [
        0,
        made.columns * 2 - 1,
        -1,
        made.columns * 2,
    ]


def test_ticks_are_at_their_values() -> None:
    made = canvas()
    for row, label in made.y_ticks:
        assert made.dot_rows(np.array([float(label)]))[0] // 4 == row
    for column, label in made.x_ticks:
        assert made.dot_columns(np.array([float(label)]))[0] // 2 == column


def test_ticks_of_a_percentage_are_at_their_values() -> None:
    made = Canvas.lay_out(60, 16, (0.0, 100.0), ACCURACY, (0.8, 1.0))
    assert made
    for row, label in made.y_ticks:
        assert made.dot_rows(np.array([float(label.rstrip(" %")) / 100]))[0] // 4 == row


def test_a_logarithmic_canvas_has_equal_ratios_at_equal_distances() -> None:
    rows = canvas(is_log=True).dot_rows(np.array([0.01, 0.1, 1.0]))
    assert rows[0] == 0
    assert abs((rows[2] - rows[1]) - (rows[1] - rows[0])) <= 1


def test_zero_and_less_are_below_a_logarithmic_canvas() -> None:
    assert canvas(is_log=True).dot_rows(np.array([0.0, -1.0, 1e-300])).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(("width", "height"), [(11, 12), (60, 3), (0, 0)])
def test_there_is_no_canvas_without_room(width: int, height: int) -> None:
    assert Canvas.lay_out(width, height, (0.0, 100.0), LOSS, (0.0, 1.0)) is None


def test_a_cell_is_as_bright_as_its_share_of_the_column() -> None:
    y = np.array([0.5] * 90 + [0.1] * 9 + [0.9])
    codes, brightness = canvas().cloud(np.full(100, 50.0), y)
    assert sorted(brightness[codes > 0].tolist()) == [0, 1, 2]
    assert codes.astype(bool).sum() == 3


def test_points_beyond_the_canvas_have_no_dots_but_their_columns_are_known() -> None:
    made = canvas()
    x = np.repeat([10.0, 50.0, 90.0], 10)
    y = np.array([0.5] * 10 + [0.5] * 9 + [99.0] + [-99.0] * 10)
    codes, _ = made.cloud(x, y)
    assert codes.astype(bool).sum() == 2
    below, above = made.beyond(x, y)
    assert below.tolist() == [made.dot_columns(np.array([90.0]))[0] // 2]
    assert above.tolist() == [made.dot_columns(np.array([50.0]))[0] // 2]


def test_one_point_of_twenty_beyond_the_canvas_is_not_marked() -> None:
    made = canvas()
    below, above = made.beyond(np.full(20, 50.0), np.array([0.5] * 19 + [99.0]))
    assert below.tolist() == above.tolist() == []


@pytest.mark.parametrize("grain", [1 / 32, 1 / 4])
def test_bands_are_quantiles_of_grouped_values(grain: float) -> None:
    made = Canvas.lay_out(100, 40, (0.0, 1000.0), ACCURACY, (0.0, 1.0))
    assert made
    random = np.random.default_rng(0)
    y = np.rint(random.beta(20, 5, 200_000) / grain) * grain
    (outer, inner) = made.bands(np.full(len(y), 500.0), y, grain, 100)
    column = int(made.dot_columns(np.array([500.0]))[0])
    spread = y + random.uniform(-grain / 2, grain / 2, len(y))  # what grouped data stand for
    for (low, high), outside in ((outer, 0.05), (inner, 0.25)):
        expected = made.dot_rows(np.minimum(np.quantile(spread, [outside, 1 - outside]), 1.0))
        assert abs(low[column] - expected[0]) <= 1
        assert abs(high[column] - expected[1]) <= 1
        assert not made.fill(low, high)[:, :column].any()


def test_a_band_reaches_back_to_enough_points() -> None:
    made = Canvas.lay_out(100, 40, (0.0, 1000.0), ACCURACY, (0.0, 1.0))
    assert made
    x = np.arange(0.0, 1000.0)
    y = np.where(np.arange(1000) % 2, 0.75, 0.25)
    wide = made.bands(x, y, 1 / 4, 100)[0]
    assert (wide[1][50:-30] - wide[0][50:-30] >= made.rows * 4 // 3).all()


@given(
    points=st.lists(st.tuples(st.floats(0, 100), finite), min_size=1, max_size=60),
    is_log=st.booleans(),
    width=st.integers(0, 150),
    height=st.integers(0, 50),
)
def test_any_points_can_be_drawn(points: list[tuple[float, float]], is_log: bool, width: int, height: int) -> None:
    made = Canvas.lay_out(width, height, (0.0, 100.0), LOSS, (0.01, 1.0) if is_log else (0.0, 1.0), is_log=is_log)
    if made is None:
        return
    x, y = np.array(sorted(points)).T
    shown = made.visible(x)
    assert shown == slice(0, len(x))
    for mask in (made.line(x, y), *(made.fill(*band) for band in made.bands(x, y, 1 / 32, 10))):
        assert mask.shape == (made.rows * 4, made.columns * 2)
    codes, brightness = made.cloud(x, y)
    assert codes.shape == brightness.shape == (made.rows, made.columns)
    assert codes.max() < 256
    made.beyond(x, y)


def test_the_line_is_the_mean_of_each_dot_column() -> None:
    made = canvas()
    mask = made.line(np.repeat(np.linspace(0, 100, 20), 2), np.tile([0.4, 0.6], 20))
    middle = made.dot_rows(np.array([0.5]))[0]
    assert np.flatnonzero(mask.any(axis=1)).tolist() == [middle]
    assert mask.sum() > 90


def test_the_line_leaves_the_canvas() -> None:
    made = canvas()
    mask = made.line(np.array([0.0, 50.0, 100.0]), np.array([0.5, 50.0, 50.0]))
    assert mask[-1, 1:3].any()
    assert not mask[:, made.columns :].any()


def test_every_dot_of_a_cell_has_its_bit() -> None:
    mask = np.zeros((4, 2), np.bool_)
    signs = set()
    for row in range(4):
        for column in range(2):
            mask[:] = False
            mask[row, column] = True
            signs.add(int(braille(mask)[0, 0]))
    assert signs == {1, 2, 4, 8, 16, 32, 64, 128}
    assert braille(np.array([[True, False], [False] * 2, [False] * 2, [False] * 2]))[0, 0] == 64  # lowest row first


def test_a_number_is_in_the_middle_of_its_curve() -> None:
    mask = np.zeros((40, 20), np.bool_)
    mask[8, :10] = True
    assert label_cell(mask, 1) == (3, 2)
    assert label_cell(mask, 100) == (0, 2)


def test_curves_take_turns_in_cells_that_they_share() -> None:
    codes = [np.array([[1, 1, 1, 1, 1, 1]]), np.array([[1, 1, 1, 1, 0, 0]])]
    first, second = interleaved(codes, 1)
    assert first.tolist() == [[True, False, True, False, True, True]]
    assert second.tolist() == [[False, True, False, True, False, False]]
