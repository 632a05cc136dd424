"""Optimizer steps in chunks, on buffers that stay on the device."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Self

import torch
from torch import Tensor

from emnist_tui.learning.data.dataset import Split
from emnist_tui.learning.training.batch_results import BatchResults
from emnist_tui.learning.training.steps.stepper import EpochPlan, Trainee
from emnist_tui.runs.config import TrainConfig

_CHUNK_SECONDS = 0.025  # requests of the user are served between two chunks
_FIRST_CHUNK = 1  # step, until it is known how long one takes: it may be seconds
_MOST_UNDER_WAY = 2  # chunks: while the host reads one, the device computes the next


class NotCapturableError(Exception):
    """A step cannot be captured; the message says why."""

    @classmethod
    def of(cls, error: RuntimeError) -> Self:
        """Wrap an error of a capture, or raise it for short memory."""
        if isinstance(error, torch.OutOfMemoryError):
            raise error
        return cls(str(error).split("\n")[0])


class StepBuffers:
    """Tensors that a step reads and writes, at fixed addresses.

    A step finds its images, learning rate and places for its results by a cursor on the device. Places belong to the
    steps of a whole epoch; the rest of one begins at a later place.
    """

    def __init__(self, images: int, config: TrainConfig, device: torch.device) -> None:
        """Allocate for an epoch of so many images."""
        self._batch_size = config.batch_size
        self.steps = -(-images // config.batch_size)
        # On the CPU, where torch reads a learning rate as float64, for the very numbers of the other ways.
        rate_type = torch.float32 if device.type == "cuda" else torch.float64
        self.cursor = torch.zeros(1, dtype=torch.int64, device=device)
        """Place of the next step, from 0."""
        self.order = torch.arange(images, device=device)
        """Indices of images, int64 [images]; step s takes those from s times the batch size on."""
        self.distortions = torch.eye(2, 3, device=device).repeat(images, 1, 1) if config.augmentation else None
        """Maps of the images in this order, float32 [images, 2, 3], at first those that change nothing."""
        self.rates = torch.zeros(self.steps, dtype=rate_type, device=device)
        self.shares = torch.zeros(self.steps, device=device) if config.ema else None
        self.losses = torch.zeros(self.steps, device=device)
        """Mean loss of each step's images, in nats."""
        self.correct = torch.zeros(self.steps, dtype=torch.int64, device=device)
        """Correctly classified images of each step."""

    def load(self, plan: EpochPlan) -> int:
        """Copy the plan of an epoch or its rest.

        Returns the place of its first step.
        """
        image = len(self.order) - len(plan.order)
        first = self.steps - -(-len(plan.order) // self._batch_size)
        self.cursor.fill_(first)
        self.order[image:].copy_(plan.order)
        if self.distortions is not None and plan.distortions is not None:
            self.distortions[image:].copy_(plan.distortions)
        if self.shares is not None:
            self.shares[first:].copy_(torch.tensor(plan.shares))
        return first


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Results of consecutive steps on their way to the host."""

    images: list[int]
    losses: Tensor
    correct: Tensor
    finite_weights: Tensor
    arrived: torch.cuda.Event | None
    """None on the CPU, where they are there at once."""

    @property
    def has_arrived(self) -> bool:
        return self.arrived is None or bool(self.arrived.query())  # type: ignore[no-untyped-call]

    def wait(self) -> None:
        if self.arrived:
            self.arrived.synchronize()


class DeviceStepper(ABC):
    """Chunks of steps that are launched without waiting for their results."""

    name: str

    def __init__(self, trainee: Trainee, split: Split, config: TrainConfig) -> None:
        self._trainee = trainee
        self._device = split.labels.device
        self._batch_size = config.batch_size
        self._buffers = StepBuffers(len(split), config, self._device)
        self._next = self._buffers.steps  # place of the next step
        self._chunks: deque[_Chunk] = deque()  # unread
        self._pace, self._launched_at = _FIRST_CHUNK, 0.0

    @abstractmethod
    def _launch(self, count: int) -> None:
        """Launch the next `count` steps.

        They are all of whole batches, or one of a smaller last batch.
        """

    def begin(self, plan: EpochPlan) -> None:
        self._next = self._buffers.load(plan)
        self.set_rates(plan.rates)

    def set_rates(self, rates: Sequence[float]) -> None:
        buffer = self._buffers.rates
        buffer[self._next :].copy_(torch.tensor(rates, dtype=buffer.dtype))

    def take(self, most: int) -> int:
        """Launch the steps of about 25 ms."""
        if len(self._chunks) >= _MOST_UNDER_WAY:
            self._adapt_pace(self._chunks[-_MOST_UNDER_WAY])
        self._launched_at = perf_counter()
        whole = len(self._buffers.order) // self._batch_size - self._next
        count = min(most, self._pace, whole) or 1  # no whole batch is left, but a smaller one
        self._launch(count)
        self._fetch(count)
        return count

    def read(self, *, wait: bool = True) -> BatchResults | None:
        arrived: list[_Chunk] = []
        while self._chunks and (wait or self._chunks[0].has_arrived):
            self._chunks[0].wait()
            arrived.append(self._chunks.popleft())
        if not arrived:
            return None
        losses = torch.cat([chunk.losses for chunk in arrived]).tolist()
        correct = torch.cat([chunk.correct for chunk in arrived]).tolist()
        images = [count for chunk in arrived for count in chunk.images]
        finite_weights = all(bool(chunk.finite_weights) for chunk in arrived)
        return BatchResults.of(losses, correct, images, finite_weights=finite_weights)

    def _size_of(self, place: int) -> int:
        """Return the number of images of a step."""
        return min(self._batch_size, len(self._buffers.order) - place * self._batch_size)

    def _adapt_pace(self, chunk: _Chunk) -> None:
        """Wait for a chunk, and fit the next ones to its time.

        Their steps at most double. The chunk began about when the last one was launched: until then the host waited for
        the chunk before.
        """
        chunk.wait()
        seconds = max(perf_counter() - self._launched_at, 1e-9)
        self._pace = max(1, min(2 * self._pace, int(len(chunk.images) * _CHUNK_SECONDS / seconds)))

    def _fetch(self, count: int) -> None:
        """Send the results of the last `count` steps to the host."""
        taken = slice(self._next, self._next + count)
        sizes = [self._batch_size] * count
        sizes[-1] = self._size_of(taken.stop - 1)
        self._next = taken.stop
        results = (
            self._buffers.losses[taken],
            self._buffers.correct[taken],
            self._trainee.parameters.values.isfinite().all(),
        )
        losses, correct, finite_weights = (result.to("cpu", non_blocking=True) for result in results)
        arrived = None
        if self._device.type == "cuda":
            arrived = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            arrived.record(torch.cuda.current_stream(self._device))
        self._chunks.append(_Chunk(sizes, losses, correct, finite_weights, arrived))
