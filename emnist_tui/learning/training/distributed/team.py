"""Words and vectors between rank 0, which leads, and the others.

All ranks either rest, and then the leader says what comes next, or do the same work, in which they exchange vectors.
Each vector carries the wish of its rank to rest; if any rank wishes so, all rest after that exchange.
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


class Word(IntEnum):
    """Order of the leader to ranks that rest."""

    WAIT = 0
    """Nothing yet; said from time to time, so that nobody's patience ends."""
    GO = 1
    """Go on with the work that rested."""
    CONFIGURE = 2
    """Load the data of a configuration, and build the network."""
    RESTORE = 3
    """Take over weights and the optimizer's state."""
    BEGIN = 4
    """Begin the rest of an epoch."""
    EVALUATE = 5
    """Evaluate a network on a split."""
    END = 6
    """Leave: the run has ended."""


_WORK = (Word.GO, Word.EVALUATE)


class Team(ABC):
    """All ranks, as one of them sees them."""

    def __init__(self, group: Group, on_wish: Callable[[], object]) -> None:
        """Call `on_wish` when another rank wishes to rest."""
        self._group = group
        self._on_wish = on_wish
        self._words = torch.zeros(3, dtype=torch.int64)
        self._everyones = torch.zeros(group.size, 3, dtype=torch.int64)
        self.rank, self.size = group.rank, group.size
        self.is_resting = True
        self.wishes_rest = False

    @abstractmethod
    def go_on(self) -> None:
        """Begin or go on with the work, if the team rests."""

    def exchange(self, vector: ExchangedVector, *said: float) -> list[float]:
        """Exchange a vector with all ranks, and return what the leader `said`."""
        wished = self.wishes_rest
        vector.header.copy_(torch.tensor([wished, *said, *[0.0] * (HEADER - 1 - len(said))], dtype=torch.float64))
        self._group.gather(vector.mine, vector.every)
        headers = vector.headers.tolist()
        self.is_resting = self._take_wishes([bool(header[0]) for header in headers], wished)
        return [float(number) for number in headers[0][1 : 1 + len(said)]]

    def gather_bytes(self, mine: bytes) -> list[bytes]:
        """Return the bytes of every rank."""
        sizes = torch.zeros(self.size, 1, dtype=torch.int64)
        self._group.gather(torch.tensor([len(mine)]), sizes)
        longest = max(1, int(sizes.max()))
        every = torch.zeros(self.size, longest, dtype=torch.uint8)
        self._group.gather(_tensor(mine.ljust(longest, b"\0")), every)
        return [bytes(row[:size].tolist()) for row, size in zip(every, sizes.flatten().tolist(), strict=True)]

    def _exchange_words(self, word: int, length: int, *, wished: bool) -> tuple[int, int]:
        """Exchange a word, the length of its content, and the wishes."""
        self._words.copy_(torch.tensor([word, length, wished]))
        self._group.gather(self._words, self._everyones)
        self._take_wishes([bool(wish) for wish in self._everyones[:, 2].tolist()], wished)
        return int(self._everyones[0, 0]), int(self._everyones[0, 1])

    def _take_wishes(self, wishes: list[bool], wished: bool) -> bool:
        """Return whether any rank wishes to rest."""
        if wished:  # not otherwise: a signal may have come since
            self.wishes_rest = False
        if any(wish for rank, wish in enumerate(wishes) if rank != self.rank):
            self._on_wish()
        return any(wishes)


class LeadingTeam(Team):
    """The team as rank 0 sees it."""

    def go_on(self) -> None:
        if self.is_resting:
            self.say(Word.GO)

    def say(self, word: Word, content: Content | None = None) -> None:
        """Say a word to the ranks, which rest."""
        packed = b"" if content is None else _pack(content)
        self._exchange_words(word, len(packed), wished=False)  # its own wish is for those at work
        if packed:
            self._group.broadcast(_tensor(packed))
        self.is_resting = word not in _WORK


class FollowingTeam(Team):
    """The team as every other rank sees it."""

    def go_on(self) -> None:
        while self.is_resting:
            if self.hear()[0] is Word.END:
                raise EndedError

    def hear(self) -> tuple[Word, Content]:
        """Wait for the leader's next word."""
        number, length = self._exchange_words(0, 0, wished=self.wishes_rest)
        word, content = Word(number), Content()
        if length:
            packed = torch.zeros(length, dtype=torch.uint8)
            self._group.broadcast(packed)
            content = torch.load(io.BytesIO(packed.numpy().tobytes()), weights_only=True)
        self.is_resting = word not in _WORK
        return word, content


class EndedError(Exception):
    """The end of the run, heard amid the work."""


def _pack(content: Content) -> bytes:
    packed = io.BytesIO()
    torch.save(content, packed)
    return packed.getvalue()


def _tensor(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)
