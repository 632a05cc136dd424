"""Rendering of several curves, and of bands behind them."""

import numpy as np
import pytest

from emnist_tui.tui.widgets.charts import curves as curve_drawing
from emnist_tui.tui.widgets.charts.curves import BAND, CURVE, MEMBER, draw_curves
from emnist_tui.tui.widgets.charts.overlay_chart import Curve
from emnist_tui.tui.widgets.charts.plot import GROUND, Ink
from tests.tui.widgets.charts.test_plot import WholePlot, canvas, cells, drawn


@pytest.mark.parametrize("seed", range(30))
def test_curves_equal_those_drawn_by_plotext_as_a_whole(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(seed)
    made = canvas(int(random.integers(30, 150)), int(random.integers(8, 40)))
    curves: list[Curve | None] = []
    for _ in range(int(random.integers(1, 7))):
        x = np.sort(random.uniform(0, 100, int(random.integers(1, 300))))
        curves.append(None if random.random() < 0.2 else Curve(x, random.uniform(0, 1.3) * np.exp(-x / 50)))
    if all(curve is None for curve in curves):
        curves.append(Curve(np.array([1.0]), np.array([0.5])))
    fast = list(cells(draw_curves(curves, made)))
    monkeypatch.setattr(curve_drawing, "Cells", WholePlot)
    assert fast == list(cells(draw_curves(curves, made)))


def test_overlapping_curves_alternate() -> None:
    x, y = np.arange(100.0), np.full(100, 0.5)
    rows = draw_curves([Curve(x, y), Curve(x, y), Curve(x, y + 0.4)], canvas())
    found = [len(drawn(rows, CURVE + place)) for place in range(3)]
    assert abs(found[0] - found[1]) <= 4
    assert found[2] > found[0] + found[1] - 8


def test_a_curve_beyond_the_limits_is_marked_at_the_edge_in_its_color() -> None:
    x, y = np.arange(100.0), np.full(100, 5.0)
    rows = draw_curves([Curve(x, y), Curve(x, y / 10)], canvas())
    assert {(y, sign) for _, y, sign in drawn(rows, CURVE)} == {(0, "▲")}
    assert len(drawn(rows, CURVE + 1)) > 40


def test_a_hidden_curve_keeps_its_number() -> None:
    x, y = np.arange(100.0), np.full(100, 0.5)
    rows = draw_curves([None, Curve(x, y)], canvas())
    assert {ink for _, _, _, ink in cells(rows) if ink >= CURVE} == {CURVE + 1}
    assert "2" in [sign for _, _, sign in drawn(rows, CURVE + 1)]


def test_no_curve_leaves_the_axes() -> None:
    assert drawn(draw_curves([None, Curve.empty()], canvas()), CURVE, CURVE + 1) == []


def test_the_numbers_of_curves_do_not_overlap() -> None:
    x, y = np.arange(100.0), np.linspace(0, 1, 100)
    rows = draw_curves([Curve(x, y)] * 6, canvas())
    labels = {sign: ink - CURVE for _, _, sign, ink in cells(rows) if sign.isdigit() and ink > Ink.MARK}
    assert labels == {str(position + 1): position for position in range(6)}


def test_a_curve_of_several_has_a_sign_where_its_rate_was_changed() -> None:
    made = canvas()
    x = np.arange(100.0)
    rows = draw_curves([Curve(x, np.full(100, 0.8), (50.0,)), Curve(x, np.full(100, 0.2)), None], made)
    ((column, row, sign),) = [found for found in drawn(rows, CURVE) if found[2] == "◇"]
    assert column == int(made.dot_columns(np.array([50.0]))[0]) // 2 + made.width - made.columns
    assert row in {y for _, y, _ in drawn(rows, CURVE)}
    assert [found for found in drawn(rows, CURVE + 1) if found[2] == sign] == []


def test_a_change_outside_a_curve_has_no_sign() -> None:
    x = np.arange(100.0)
    rows = draw_curves([Curve(x[:50], np.full(50, 0.8), (-5.0, 75.0, 9e9))], canvas())
    assert "◇" not in {sign for _, _, sign, _ in cells(rows)}


def with_band(low: float, high: float) -> Curve:
    x = np.arange(101.0)
    level = np.full(101, (low + high) / 2)
    seeds = tuple((x, np.full(101, value)) for value in (low, high))
    return Curve(x, level, band=(x, np.full(101, low), np.full(101, high)), members=seeds)


def test_a_band_is_behind_its_seeds_and_these_behind_the_mean() -> None:
    made = canvas(height=22)
    rows = draw_curves([with_band(0.2, 0.8)], made)
    band, seeds, mean = ({y for _, y, _ in drawn(rows, ink)} for ink in (BAND, MEMBER, CURVE))
    assert len(seeds) == 2
    assert len(mean) == 1
    assert band == {*range(min(seeds) + 1, max(seeds))} - mean


def test_a_tinted_band_is_the_background_of_all_that_is_before_it() -> None:
    made = canvas(height=22)
    dotted, tinted = (draw_curves([None, with_band(0.2, 0.8)], made, tints=tints) for tints in (False, True))
    rows = {y for y, row in enumerate(tinted) for _, ink in row if ink >= GROUND}
    assert rows >= {y for _, y, _ in drawn(dotted, BAND + 1)}
    assert drawn(tinted, BAND + 1) == []
    inks = {ink for row in tinted for _, ink in row if ink >= GROUND}
    assert {ink // GROUND for ink in inks} == {2}
    assert {CURVE + 1, MEMBER + 1} <= {ink % GROUND for ink in inks}


def test_the_number_of_a_tinted_curve_has_the_background_of_the_chart() -> None:
    rows = draw_curves([with_band(0.2, 0.8)], canvas(height=22), tints=True)
    assert [ink for row in rows for text, ink in row if "1" in text and ink % GROUND == CURVE] == [CURVE]


def test_a_trembling_band_holds_still() -> None:
    made = canvas(height=22)
    frames = [draw_curves([with_band(0.2, 0.8 + by)], made) for by in (0.0, 0.001, 0.002)]
    bands = [{(x, y) for x, y, _ in drawn(rows, BAND)} for rows in frames]
    assert bands[0] == bands[1] == bands[2] != set()


def test_a_band_without_width_is_not_drawn() -> None:
    for level in np.linspace(0.1, 0.9, 30):
        assert drawn(draw_curves([with_band(level, level)], canvas(height=22)), BAND) == []


def test_a_band_beyond_the_window_is_not_drawn() -> None:
    x = np.array([200.0, 300.0])
    rows = draw_curves([Curve(x, x, band=(x, x, x), members=((x, x),)), with_band(0.4, 0.6)], canvas())
    assert drawn(rows, BAND, MEMBER, CURVE) == []
