"""Commands and vectors between rank 0, which leads, and the others.

Ranks are either idle, and then the leader sends the next command, or do the same work, in which they exchange vectors.
Each vector says whether its rank has a request, such as to stop; if any has, all are idle after that exchange.
"""

import io
from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import torch
from torch import Tensor

from emnist_tui.learning.training.distributed.group import Group
from emnist_tui.learning.training.distributed.vector import HEADER, ExchangedVector

Content = dict[str, Any]
"""Tensors, texts and numbers in dictionaries."""


class Command(IntEnum):
    """Command of the leader to idle ranks."""

    WAIT = 0
    """Do nothing; sent now and then, so that no rank times out."""
    RESUME = 1
    """Resume the interrupted work."""
    CONFIGURE = 2
    """Load the data of a configuration, and build the network."""
    RESTORE = 3
    """Take over weights and the optimizer's state."""
    BEGIN = 4
    """Begin the rest of an epoch."""
    EVALUATE = 5
    """Evaluate a network on a split."""
    END = 6
    """Exit: the run has ended."""


_WORK = (Command.RESUME, Command.EVALUATE)


class Team(ABC):
    """All ranks, as one of them sees them."""

    def __init__(self, group: Group, on_request: Callable[[], object]) -> None:
        """Call `on_request` when another rank has a request."""
        self._group = group
        self._on_request = on_request
        self._commands = torch.zeros(3, dtype=torch.int64)
        self._everyones = torch.zeros(group.size, 3, dtype=torch.int64)
        self.rank, self.size = group.rank, group.size
        self.is_idle = True
        self.has_request = False

    @abstractmethod
    def resume(self) -> None:
        """Begin or resume the work, if the ranks are idle."""

    def exchange(self, vector: ExchangedVector, *numbers: float) -> list[float]:
        """Exchange a vector with all ranks, and return the leader's `numbers`."""
        requested = self.has_request
        vector.header.copy_(
            torch.tensor([requested, *numbers, *[0.0] * (HEADER - 1 - len(numbers))], dtype=torch.float64)
        )
        self._group.gather(vector.mine, vector.every)
        headers = vector.headers.tolist()
        self.is_idle = self._note_requests([bool(header[0]) for header in headers], requested)
        return [float(number) for number in headers[0][1 : 1 + len(numbers)]]

    def gather_bytes(self, mine: bytes) -> list[bytes]:
        """Return the bytes of every rank."""
        sizes = torch.zeros(self.size, 1, dtype=torch.int64)
        self._group.gather(torch.tensor([len(mine)]), sizes)
        longest = max(1, int(sizes.max()))
        every = torch.zeros(self.size, longest, dtype=torch.uint8)
        self._group.gather(_tensor(mine.ljust(longest, b"\0")), every)
        return [bytes(row[:size].tolist()) for row, size in zip(every, sizes.flatten().tolist(), strict=True)]

    def _exchange_commands(self, command: int, length: int, *, requested: bool) -> tuple[int, int]:
        """Exchange a command, the length of its content, and the requests."""
        self._commands.copy_(torch.tensor([command, length, requested]))
        self._group.gather(self._commands, self._everyones)
        self._note_requests([bool(each) for each in self._everyones[:, 2].tolist()], requested)
        return int(self._everyones[0, 0]), int(self._everyones[0, 1])

    def _note_requests(self, requests: list[bool], requested: bool) -> bool:
        """Return whether any rank has a request."""
        if requested:  # not otherwise: a signal may have come since
            self.has_request = False
        if any(each for rank, each in enumerate(requests) if rank != self.rank):
            self._on_request()
        return any(requests)


class LeadingTeam(Team):
    """The team as rank 0 sees it."""

    def resume(self) -> None:
        if self.is_idle:
            self.send(Command.RESUME)

    def send(self, command: Command, content: Content | None = None) -> None:
        """Send a command to the idle ranks."""
        packed = b"" if content is None else _pack(content)
        self._exchange_commands(command, len(packed), requested=False)  # its own requests interrupt work
        if packed:
            self._group.broadcast(_tensor(packed))
        self.is_idle = command not in _WORK


class FollowingTeam(Team):
    """The team as every other rank sees it."""

    def resume(self) -> None:
        while self.is_idle:
            if self.receive()[0] is Command.END:
                raise EndedError

    def receive(self) -> tuple[Command, Content]:
        """Wait for the leader's next command."""
        number, length = self._exchange_commands(0, 0, requested=self.has_request)
        command, content = Command(number), Content()
        if length:
            packed = torch.zeros(length, dtype=torch.uint8)
            self._group.broadcast(packed)
            content = torch.load(io.BytesIO(packed.numpy().tobytes()), weights_only=True)
        self.is_idle = command not in _WORK
        return command, content


class EndedError(Exception):
    """The end of the run, received amid the work."""


def _pack(content: Content) -> bytes:
    packed = io.BytesIO()
    torch.save(content, packed)
    return packed.getvalue()


def _tensor(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)
