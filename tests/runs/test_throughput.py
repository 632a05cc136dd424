"""Recent throughput of a training."""

import pytest

from emnist_tui.runs.throughput import Throughput


def test_only_the_last_seconds_count() -> None:
    throughput = Throughput()
    for second in range(10):
        throughput.add(second, 10 * second)
    for second in range(10, 15):
        throughput.add(second, 90 + 50 * (second - 9))
    assert throughput.steps_per_second == pytest.approx(50)


def test_two_batches_at_different_times_are_needed() -> None:
    throughput = Throughput()
    for time in (0.0, 0.0):
        throughput.add(time, 1)
        assert throughput.steps_per_second is None
    throughput.add(2.0, 5)
    assert throughput.steps_per_second == pytest.approx(2)
    throughput.clear()
    assert throughput.steps_per_second is None


def test_a_clock_that_is_set_back_starts_anew() -> None:
    throughput = Throughput()
    for time, step in ((100.0, 1), (101.0, 2), (50.0, 3), (51.0, 7)):
        throughput.add(time, step)
    assert throughput.steps_per_second == pytest.approx(4)
