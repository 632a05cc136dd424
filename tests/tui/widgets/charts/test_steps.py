"""Steps that a chart shows: most of the axis is used, and it moves rarely."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.tui.widgets.charts.axes import Limits
from emnist_tui.tui.widgets.charts.steps import Window, hold_steps, last_step_shown

steps = st.integers(0, 10**12)


@given(step=steps, total=st.integers(-5, 10**12))
def test_the_axis_of_a_whole_run_is_used_for_the_most_part(step: int, total: int) -> None:
    end = last_step_shown(step, total)
    assert end >= step
    assert step >= 0.7 * end - 1 or end <= 715
    if total > 0 and step <= total:
        assert end <= total
    if step == total > 0:
        assert end == total


@pytest.mark.parametrize(
    ("step", "total", "expected"),
    [(0, 22_500, 636), (0, 0, 500), (501, 0, 715), (0, 120, 120), (15_751, 22_500, 22_500), (300, 200, 500)],
)
def test_the_axis_ends_at_the_last_step_times_powers_of_seven_tenths(step: int, total: int, expected: int) -> None:
    assert last_step_shown(step, total) == expected


@given(
    window=st.sampled_from(Window),
    total=st.integers(0, 10**6),
    growth=st.lists(st.integers(-500, 5000), min_size=1, max_size=50),
)
def test_the_newest_step_is_always_within_the_axis(window: Window, total: int, growth: list[int]) -> None:
    held: Limits | None = None
    before: float | None = None
    last = 0.0
    for grown in growth:
        last = max(0.0, last + grown)
        held = hold_steps(window, last, total, held, before)
        assert held[0] <= last <= held[1]
        assert held[0] < held[1]
        before = last


@pytest.mark.parametrize("per_frame", [1, 60, 225, 2000])
def test_a_run_moves_its_axis_rarely_however_fast_it_is(per_frame: int) -> None:
    total = 22_500
    held: Limits | None = None
    before: float | None = None
    moves, frames = 0, 0
    for last in range(per_frame, total + 1, per_frame):
        was, held = held, hold_steps(Window.ALL, last, total, held, before)
        moves += was != held
        frames += 1
        before = last
    assert moves <= min(12, 2 + frames / 16)
    assert held == (0.0, total)


@pytest.mark.parametrize("window", [Window.HALF, Window.TENTH])
def test_a_window_shows_its_share_of_the_newest_steps(window: Window) -> None:
    held: Limits | None = None
    moves = 0
    for last in range(20_000, 24_000, 6):
        was, held = held, hold_steps(window, last, 60_000, held, last - 6)
        moves += was != held
        used = last - held[0]
        assert 0.7 * (held[1] - held[0]) <= used
        assert 0.6 * window.value * last <= used <= 1.6 * window.value * last + 1
    assert moves < 40  # of 667 frames


def test_a_window_of_a_finished_run_ends_with_it() -> None:
    assert hold_steps(Window.HALF, 22_500, 22_500, None, None) == (11_250, 22_500)
    assert hold_steps(Window.TENTH, 22_500, 22_500, None, None) == (20_250, 22_500)


def test_a_window_of_less_than_a_step_shows_all() -> None:
    assert hold_steps(Window.TENTH, 5, 0, None, None) == (0, 500)
    assert hold_steps(Window.HALF, 0, 0, None, None) == (0, 500)


def test_a_run_that_goes_back_gets_a_shorter_axis() -> None:
    held = hold_steps(Window.ALL, 20_000, 22_500, None, None)
    assert hold_steps(Window.ALL, 500, 22_500, held, 20_000)[1] < 1000


def test_the_zoom_key_goes_through_the_windows_and_back() -> None:
    assert [window.after for window in (Window.ALL, Window.HALF, Window.TENTH)] == [
        Window.HALF,
        Window.TENTH,
        Window.ALL,
    ]


def test_a_long_run_has_a_finite_axis() -> None:
    assert math.isfinite(hold_steps(Window.ALL, 1e14, 0, None, 0.0)[1])
