"""Values of a chart: copies of finite points in order."""

from dataclasses import replace

import numpy as np
import pytest

from emnist_tui.tui.widgets.charts.chart_data import ChartData, finite_points


def data(*losses: float) -> ChartData:
    y = np.array(losses)
    return ChartData(np.arange(1.0, len(y) + 1), y, np.ones(len(y)), np.array([[2.0, 0.5]]), np.array([3.0]), 10)


def test_values_that_are_not_finite_are_omitted_and_so_are_absurd_ones() -> None:
    copy = data(1.0, np.nan, np.inf, -np.inf, 1e300, 2.0).finite_copy()
    assert copy.x.tolist() == [1.0, 6.0]
    assert copy.y.tolist() == [1.0, 2.0]
    marked = replace(data(1.0), marks=np.array([[1.0, np.nan], [2.0, 0.5]]), epochs=np.array([np.nan, 3.0]))
    assert marked.finite_copy().marks.tolist() == [[2.0, 0.5]]
    assert marked.finite_copy().epochs.tolist() == [3.0]


def test_a_copy_does_not_change_with_its_source() -> None:
    source = data(1.0, 2.0)
    copy = source.finite_copy()
    source.y[:] = 0
    assert copy.y.tolist() == [1.0, 2.0]
    assert not copy.equals(source)
    assert copy.equals(data(1.0, 2.0))


def test_points_are_sorted_by_their_steps() -> None:
    x, y = finite_points(np.array([3.0, 1.0, 2.0]), np.array([30.0, 10.0, 20.0]))
    assert x.tolist() == [1.0, 2.0, 3.0]
    assert y.tolist() == [10.0, 20.0, 30.0]


def test_the_last_step_is_that_of_a_batch_or_an_evaluation() -> None:
    assert data(1.0, 1.0, 1.0).last == 3
    assert data(1.0).last == 2
    empty = ChartData(np.empty(0), np.empty(0), np.empty(0), np.empty((0, 2)))
    assert empty.last == 0
    assert not empty.has_points
    assert data(1.0).has_points


@pytest.mark.parametrize(
    ("stride", "is_sampled", "points"),
    [
        (1, False, "batches"),
        (4, False, "means of 4 batches"),
        (1, True, "some batches"),
        (4, True, "some means of 4 batches"),
    ],
)
def test_points_are_named_for_the_batches_in_them(stride: int, is_sampled: bool, points: str) -> None:
    empty = np.empty(0)
    data = ChartData(empty, empty, empty, np.empty((0, 2)), stride=stride, is_sampled=is_sampled)
    assert data.points == data.finite_copy().points == points
