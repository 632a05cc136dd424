"""Values of a chart: which are drawn, and when they differ."""

from dataclasses import replace

import numpy as np

from emnist_tui.tui.widgets.charts.chart_data import ChartData


def data(*values: float, marks: tuple[tuple[float, float], ...] = ()) -> ChartData:
    y = np.array(values)
    return ChartData(np.arange(1.0, len(y) + 1), y, y, np.array(marks).reshape(-1, 2))


def test_a_copy_has_the_finite_points_only() -> None:
    copied = data(1.0, np.nan, 3.0, np.inf, marks=((2.0, 0.5), (4.0, np.nan))).finite_copy()
    assert copied.x.tolist() == [1, 3]
    assert copied.y.tolist() == [1, 3]
    assert copied.marks.tolist() == [[2, 0.5]]


def test_a_copy_does_not_change_with_its_source() -> None:
    source = data(1.0, 2.0)
    copied = source.finite_copy()
    source.y[0] = 9
    assert copied.y.tolist() == [1, 2]


def test_every_field_counts_in_a_comparison() -> None:
    one = data(1.0, 2.0, marks=((2.0, 0.5),))
    assert one.equals(replace(one))
    others = (data(1.0, 2.5), data(1.0), replace(one, total_steps=9), replace(one, marked="validation"))
    assert not any(one.equals(other) for other in others)


def test_an_evaluation_alone_is_a_point() -> None:
    assert not data().has_points
    assert data(1.0).has_points
    assert data(marks=((2.0, 0.5),)).has_points
