"""The vector that all ranks exchange, as bytes with a header."""

import torch

HEADER = 4
"""Numbers of the header, float64."""
_HEADER_BYTES = 8 * HEADER


class ExchangedVector:
    """Buffers of this rank's vector, and of those of all ranks."""

    def __init__(self, size: int, floats: int, device: torch.device, *, extra: int = 0) -> None:
        """Allocate, for `size` ranks, a payload of `floats` and `extra` bytes."""
        end = _HEADER_BYTES + 4 * floats
        length = -(-(end + extra) // 8) * 8  # so that each rank's numbers are aligned
        self.mine = torch.zeros(length, dtype=torch.uint8, device=device)
        """uint8 [bytes]."""
        self.every = torch.zeros(size, length, dtype=torch.uint8, device=device)
        """uint8 [ranks, bytes]."""
        self.header = self.mine[:_HEADER_BYTES].view(torch.float64)
        self.headers = self.every[:, :_HEADER_BYTES].view(torch.float64)
        """float64 [ranks, HEADER]."""
        self.payload = self.mine[_HEADER_BYTES:end].view(torch.float32)
        self.payloads = self.every[:, _HEADER_BYTES:end].view(torch.float32)
        """float32 [ranks, floats]."""
        self.extra = self.mine[end : end + extra]
        self.extras = self.every[:, end : end + extra]
        """uint8 [ranks, extra]."""
