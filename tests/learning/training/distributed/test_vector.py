import pytest
import torch

from emnist_tui.learning.training.distributed.vector import HEADER, ExchangedVector


@pytest.mark.parametrize(("floats", "extra"), [(1, 0), (2, 3), (5, 8)])
def test_every_part_is_a_view_of_one_vector(floats: int, extra: int) -> None:
    vector = ExchangedVector(3, floats, torch.device("cpu"), extra=extra)
    vector.header.copy_(torch.arange(HEADER) + 1e-12)
    vector.payload.fill_(0.1)
    vector.extra.fill_(7)
    for row in vector.every:
        row.copy_(vector.mine)
    assert torch.equal(vector.headers, vector.header.expand(3, HEADER))
    assert torch.equal(vector.payloads, torch.full((3, floats), 0.1))
    assert torch.equal(vector.extras, torch.full((3, extra), 7, dtype=torch.uint8))
