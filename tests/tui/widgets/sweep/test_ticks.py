"""Horizontal axis of a varied parameter."""

import pytest
from rich.cells import cell_len

from emnist_tui.runs.sweeps.space import Axis
from emnist_tui.tui.widgets.sweep.ticks import ParameterScale, spaced

AXES = (
    "learning-rate=0.001..0.3:log",
    "learning-rate=0.002..0.004:log",
    "augmentation=0..1",
    "batch-size=16..512",
    "batch-size=32,64,128",
    "optimizer=adam,adamw,sgd",
    "weight-decay=0,0.00001,0.001",
)


def scale(text: str) -> ParameterScale:
    return ParameterScale(Axis.parse(text))


@pytest.mark.parametrize("text", AXES)
@pytest.mark.parametrize("columns", [8, 20, 50, 180])
def test_labels_are_in_order_apart_and_on_the_axis(text: str, columns: int) -> None:
    ticks = scale(text).ticks(columns)
    assert ticks
    assert [column for column, _ in ticks] == sorted({column for column, _ in ticks})
    assert all(0 <= column < columns for column, _ in ticks)
    assert sum(cell_len(label) + 2 for _, label in ticks) <= columns + 2
    if columns >= 50:
        assert len(ticks) > 1


def test_a_logarithmic_axis_spaces_factors_evenly() -> None:
    axis = scale("learning-rate=0.001..0.1:log")
    low, middle, high = (axis.position(value) for value in (0.001, 0.01, 0.1))
    assert low is not None
    assert middle is not None
    assert high is not None
    assert middle - low == pytest.approx(high - middle)
    assert [label for _, label in axis.ticks(60)][:2] == ["0.001", "0.002"]


def test_listed_values_are_side_by_side() -> None:
    axis = scale("batch-size=32,1024,64")
    assert [axis.position(value) for value in (32, 1024, 64)] == [0, 1, 2]
    assert [label for _, label in axis.ticks(60)] == ["32", "1024", "64"]


@pytest.mark.parametrize("value", [None, "adam", 5.0])
def test_a_value_off_the_axis_has_no_place(value: float | str | None) -> None:
    assert scale("learning-rate=0.001..0.1:log").position(value) is None


def test_a_label_wider_than_the_axis_is_left_out() -> None:
    assert spaced([(0, "a long label")], 5) == ((0, ""),)
