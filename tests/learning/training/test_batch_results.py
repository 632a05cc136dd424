import itertools
import math

import numpy as np
import pytest
import torch

from emnist_tui.learning.training.batch_results import BatchResults, shortest_decimals


def test_derived_metrics() -> None:
    results = BatchResults([float(torch.tensor(0.1)), 2.0], correct=[1, 4], images=[2, 4], diverged=False)
    assert results.short_loss == [0.1, 2.0]
    assert results.accuracy == [0.5, 1.0]
    assert results.loss_sum == pytest.approx([0.2, 8.0])


@pytest.mark.parametrize("loss", [math.inf, -math.inf, math.nan])
def test_results_end_before_the_first_non_finite_loss(loss: float) -> None:
    results = BatchResults.of([0.25, loss, 0.5], [1, 2, 2], [2, 2, 2], finite_weights=True)
    assert results == BatchResults([0.25], correct=[1], images=[2], diverged=True)


@pytest.mark.parametrize("finite_weights", [True, False])
def test_weights_that_are_not_finite_have_diverged(finite_weights: bool) -> None:
    results = BatchResults.of([0.25], [1], [2], finite_weights=finite_weights)
    assert results == BatchResults([0.25], correct=[1], images=[2], diverged=not finite_weights)


def test_short_losses_are_the_decimals_that_numpy_prints() -> None:
    random = np.random.default_rng(0)
    around = np.array([2.0**power for power in range(-149, 128)] + [10.0**power for power in range(-40, 38)])
    around = np.concatenate((around, np.arange(1, 3000) / 1000, [0.0, 1e-4, 1e3, math.log(10)]))
    values = np.concatenate((np.exp(random.uniform(-12, 8, 20_000)), random.gamma(2, 0.1, 20_000), around))
    exact = values.astype(np.float32)
    neighbors = (exact, np.nextafter(exact, np.float32(0)), np.nextafter(exact, np.float32(3e38)))
    for losses in neighbors:
        assert shortest_decimals(losses).tolist() == [float(str(loss)) for loss in losses]


def test_batches_are_reported_in_lines_that_a_reader_can_sample() -> None:
    count = 1_234
    results = BatchResults([step / 1024 for step in range(count)], [1] * count, [4] * count, diverged=False)
    lines = list(results.events(epoch=3, step=2_000))
    assert max(len(line.loss) for line in lines) <= 500
    assert {line.epoch for line in lines} == {3}
    assert [loss for line in lines for loss in line.loss] == results.short_loss
    assert [share for line in lines for share in line.accuracy] == results.accuracy
    ends = itertools.accumulate((len(line.loss) for line in lines), initial=2_000 - count)
    assert [line.step for line in lines] == list(ends)[1:]
    assert not list(BatchResults([], [], [], diverged=True).events(1, 0))
