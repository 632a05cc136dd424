"""Points of the charts: one per batch while few, averaged when many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emnist_tui.runs.history import SMOOTHING, History


def filled(batches: int, capacity: int = 64) -> History:
    history = History(capacity)
    for step in range(1, batches + 1):
        history.append(step, [float(step)], [step / batches])
    return history


def test_every_batch_is_a_point_until_memory_is_full() -> None:
    history = filled(64)
    assert history.stride == 1
    assert history.steps.tolist() == list(range(1, 65))
    assert history.loss.tolist() == list(range(1, 65))


@given(batches=st.integers(1, 3000), capacity=st.sampled_from([2, 16, 64]))
def test_memory_is_bounded_and_means_are_kept(batches: int, capacity: int) -> None:
    history = filled(batches, capacity)
    covered = len(history) * history.stride
    assert len(history) <= capacity
    assert batches - covered < 2 * history.stride * (2 if capacity == 2 else 1) + history.stride
    assert history.loss.mean() == pytest.approx((covered + 1) / 2)
    assert np.all(np.diff(history.steps) == history.stride)


def test_grouping_of_batches_into_lines_does_not_matter() -> None:
    together = History(16)
    together.append(100, [float(step) for step in range(1, 101)], [0.0] * 100)
    assert together.loss.tolist() == filled(100, 16).loss.tolist()


def test_batches_after_the_resumed_step_are_discarded() -> None:
    history = filled(50)
    history.drop_after(30)
    history.append(31, [99.0], [0.0])
    assert history.steps.tolist() == list(range(1, 32))
    assert history.loss[-1] == 99.0


def test_pending_batches_after_the_resumed_step_are_discarded() -> None:
    history = filled(100, 16)
    history.drop_after(90)
    history.append(100, [0.0] * 10, [0.0] * 10)
    assert np.all(np.diff(history.steps) > 0)
    assert history.steps[-1] <= 100


def test_smoothing_averages_the_last_batches() -> None:
    history = filled(500, 1024)
    smoothed = history.smoothed(history.loss)
    assert smoothed[0] == 1
    assert smoothed[9] == pytest.approx(5.5)
    assert smoothed[-1] == pytest.approx(np.mean(range(500 - SMOOTHING + 1, 501)))
