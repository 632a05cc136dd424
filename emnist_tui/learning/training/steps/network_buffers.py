"""Buffers of a network that several chunks of a batch change."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class NetworkBuffers:
    """A network's buffers, kept from a chunk and averaged over chunks.

    Floating ones, such as the statistics of norms, are averaged as far as they change; of all others, such as counters,
    those after the batch's first chunk count.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model = model
        floats, others = self._read()
        self.floats = sum(each.numel() for each in floats)
        """Numbers in the floating buffers."""
        self.others = sum(each.nbytes for each in others)
        """Bytes of all others."""
        self._kept: list[Tensor] = []

    def __bool__(self) -> bool:
        return self.floats + self.others > 0

    def keep(self) -> None:
        """Keep the buffers as they are before a batch."""
        if self:
            floats, others = self._read()
            self._kept = [each.clone() for each in floats + others]

    def put_back(self) -> None:
        """Put back what was kept."""
        floats, others = self._read()
        for buffer, kept in zip(floats + others, self._kept, strict=True):
            buffer.copy_(kept)

    def write(self, row: Tensor, extra: Tensor | None) -> None:
        """Write the floating buffers to a row, others to `extra`.

        The row is a chunk's, float32; the latter, uint8, is None for all but a rank's first chunk.
        """
        floats, others = self._read()
        if floats:
            row.copy_(_flat(floats))
        if others and extra is not None:
            extra.copy_(torch.cat([each.flatten().view(torch.uint8) for each in others]))

    def average(self, rows: Sequence[Tensor], weights: Sequence[float], extra: Tensor) -> None:
        """Set the buffers to what the chunks of a batch wrote.

        The rows are in the order of the batch. Each chunk has a share, its weight, of the batch.
        """
        floats, others = self._read()
        if floats:
            kept, mean = _flat(self._kept[: len(floats)]), rows[0] * weights[0]
            for row, weight in zip(rows[1:], weights[1:], strict=True):
                mean.add_(row * weight)
            is_same = torch.stack(list(rows)).eq(kept).all(dim=0)  # not averaged: weights hardly ever add up to 1
            sizes = [each.numel() for each in floats]
            parts = torch.split(torch.where(is_same, kept, mean), sizes), torch.split(is_same, sizes)
            for buffer, value, same in zip(floats, *parts, strict=True):
                if buffer.dtype == torch.float32 or not same.all():  # else float32 would round what is the same
                    buffer.copy_(value.view(buffer.shape))
        for buffer, data in zip(others, torch.split(extra, [each.nbytes for each in others]), strict=True):
            buffer.copy_(data.clone().view(buffer.dtype).view(buffer.shape))

    def _read(self) -> tuple[list[Tensor], list[Tensor]]:
        """Read the floating buffers and the others.

        They are read anew: a forward pass may assign other tensors.
        """
        buffers = list(self._model.buffers())
        others = [each for each in buffers if not each.is_floating_point()]
        return [each for each in buffers if each.is_floating_point()], others


def _flat(buffers: Sequence[Tensor]) -> Tensor:
    return torch.cat([each.flatten().float() for each in buffers])
