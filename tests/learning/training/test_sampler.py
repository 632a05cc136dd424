import torch

from emnist_tui.learning.training.sampler import epoch_order


def test_an_epoch_order_is_a_permutation_of_its_own() -> None:
    first, second = epoch_order(1000, 3, 1), epoch_order(1000, 3, 2)
    assert first.sort().values.tolist() == list(range(1000))
    assert not torch.equal(first, second)
    assert not torch.equal(first, epoch_order(1000, 4, 1))
    assert torch.equal(first, epoch_order(1000, 3, 1))
    assert len(epoch_order(10, 2**63 - 1, 10_000)) == 10
