import pytest
import torch

from emnist_tui.learning.training.sampler import BatchLog, BatchResults, epoch_order


def test_an_epoch_order_is_a_permutation_of_its_own() -> None:
    first, second = epoch_order(1000, 3, 1), epoch_order(1000, 3, 2)
    assert first.sort().values.tolist() == list(range(1000))
    assert not torch.equal(first, second)
    assert not torch.equal(first, epoch_order(1000, 4, 1))
    assert torch.equal(first, epoch_order(1000, 3, 1))
    assert len(epoch_order(10, 2**63 - 1, 10_000)) == 10


def test_results_are_read_once_in_order() -> None:
    log = BatchLog(torch.device("cpu"))
    log.record(torch.tensor(0.25), torch.eye(10)[:3], torch.tensor([0, 1, 9]))
    log.record(torch.tensor(0.5), torch.eye(10)[:1], torch.tensor([0]))
    assert log.read() == BatchResults([0.25, 0.5], correct=[2, 1], images=[3, 1], diverged=False)
    assert log.read() is None
    assert log.diverged == 0


def test_results_end_before_the_first_non_finite_loss() -> None:
    log = BatchLog(torch.device("cpu"))
    logits, labels = torch.eye(10)[:2], torch.tensor([0, 2])
    flags = []
    for loss in (0.25, torch.inf, 0.25):
        log.record(torch.tensor(loss), logits, labels)
        flags.append(log.diverged.item())
    assert flags == [0, 1, 1]
    assert log.read() == BatchResults([0.25], correct=[1], images=[2], diverged=True)


def test_derived_metrics() -> None:
    results = BatchResults([float(torch.tensor(0.1)), 2.0], correct=[1, 4], images=[2, 4], diverged=False)
    assert results.short_loss == [0.1, 2.0]
    assert results.accuracy == [0.5, 1.0]
    assert results.loss_sum == pytest.approx([0.2, 8.0])
