import math

import pytest
import torch

from emnist_tui.learning.training.batch_results import BatchResults


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
