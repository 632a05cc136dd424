import torch
from torch import nn

from emnist_tui.learning.training.steps.network_buffers import NetworkBuffers


class Buffered(nn.Module):
    mask: torch.Tensor
    mean: torch.Tensor
    count: torch.Tensor
    fine: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.tensor([0.1, -torch.inf]))
        self.register_buffer("mean", torch.tensor(1.0))
        self.register_buffer("count", torch.tensor(2**40 + 1))
        self.register_buffer("fine", torch.tensor([1 / 3], dtype=torch.float64))


def test_what_changes_is_averaged_and_the_rest_stays() -> None:
    model = Buffered()
    buffers = NetworkBuffers(model)
    assert (buffers.floats, buffers.others) == (4, 8)
    buffers.keep()
    rows, extra = [torch.zeros(4), torch.zeros(4)], torch.zeros(8, dtype=torch.uint8)
    for row, mean, given in zip(rows, (3.0, 7.0), (extra, None), strict=True):
        model.mean = torch.tensor(mean)  # another tensor, as a forward pass may assign
        model.count += 1
        buffers.write(row, given)
        buffers.put_back()
        assert (model.mean.item(), model.count.item()) == (1.0, 2**40 + 1)
    buffers.average(rows, [0.75, 0.25], extra)
    assert model.mean.item() == 4.0
    assert model.count.item() == 2**40 + 2
    assert torch.equal(model.mask, torch.tensor([0.1, -torch.inf]))
    assert model.fine.item() == 1 / 3


def test_a_network_without_buffers_has_none() -> None:
    assert not NetworkBuffers(nn.Linear(2, 2))
